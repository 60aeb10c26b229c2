import type { EntryEncoder } from '../encode/encoder.ts';
import type { Entry } from '../journal/entry.ts';
import type { EntryWalk } from '../journal/source.ts';
import type { ByteStream } from './byte-stream.ts';
import { hasCursorParts, seekCursorParts } from './cursor-parts.ts';
import { follow } from './follow.ts';
import type { GatewaydArguments } from './gatewayd-arguments.ts';
import type { GatewaydRange } from './gatewayd-range.ts';
import { QueryError } from './query-error.ts';
import { readRange } from './read-range.ts';

/** A request to gatewayd's `/entries`, understood. */
export interface GatewaydPlan extends GatewaydRange, GatewaydArguments {}

/**
 * Puts range and arguments together.
 *
 * @throws QueryError `cursor-missing` when only the cursor's own entry is asked for and there is no cursor
 */
export function planGatewayd(range: GatewaydRange, given: GatewaydArguments): GatewaydPlan {
  if (!given.discrete) return { ...range, ...given };
  if (range.cursor === undefined) {
    throw new QueryError('cursor-missing', 'Discrete seeks require a cursor specification.');
  }
  return { ...range, ...given, limit: 1 };
}

/**
 * The entries that gatewayd would answer, encoded. Skipping counts as gatewayd does: `num_skip` N goes N entries on from
 * the start, and stays at the last one if there are fewer; -N goes N entries back from the last one at or before it.
 *
 * The stream owns the walk and closes it; it is closed as well when this fails.
 */
export async function readGatewayd(
  walk: EntryWalk,
  plan: GatewaydPlan,
  encoder: EntryEncoder,
  signal: AbortSignal,
): Promise<ByteStream> {
  let found: boolean;
  try {
    await seekStart(walk, plan);
    found = await skipAsGatewayd(walk, plan.skip);
  } catch (error) {
    walk.close();
    throw error;
  }
  const { limit } = plan;
  const options = { endsBefore: endOf(plan), signal };
  if (plan.follow) return follow(walk, encoder, { ...options, limit });
  return readRange(walk, encoder, { ...options, limit: found ? limit : 0 });
}

async function seekStart(walk: EntryWalk, { cursor, since, until, skip }: GatewaydPlan): Promise<void> {
  const side = skip < 0 ? 'after' : 'before';
  if (cursor !== undefined) return seekCursorParts(walk, cursor, side);
  const realtime = since ?? (skip < 0 && until !== Number.POSITIVE_INFINITY ? until : undefined);
  if (realtime !== undefined) return walk.seekRealtime(side === 'after' ? realtime + 1 : realtime);
  return side === 'after' ? walk.seekTail() : walk.seekHead();
}

/** @returns false when there is no entry in that direction, and so nothing to read */
async function skipAsGatewayd(walk: EntryWalk, skip: number): Promise<boolean> {
  if (skip === 0) return true;
  if (skip < 0) return (await walk.skip(skip - 1)) > 0;
  if ((await walk.skip(skip + 1)) === 0) return false;
  await walk.skip(-1);
  return true;
}

function endOf({ discrete, cursor, until }: GatewaydPlan): ((entry: Entry) => boolean) | undefined {
  if (discrete && cursor !== undefined) return (entry) => !hasCursorParts(entry, cursor);
  return until === Number.POSITIVE_INFINITY ? undefined : (entry) => entry.realtime > until;
}
