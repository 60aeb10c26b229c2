import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { EntryEncoder } from '../encode/encoder.ts';
import type { Entry } from '../journal/entry.ts';
import type { EntryWalk } from '../journal/source.ts';
import { ByteStream } from './byte-stream.ts';
import { EntryBatch, type GapSink } from './entry-batch.ts';

export interface FollowOptions {
  /** Milliseconds without data after which a ping is sent, in formats that have one. Default: 15,000, dcos-log's. */
  readonly pingAfter?: number;
  /** Entries after which nothing more is read. Default: no limit. */
  readonly limit?: number;
  /** What becomes of the follow at its limit: it ends, or it stays open with nothing but pings. Default: `end`. */
  readonly atLimit?: 'end' | 'stay';
  /** The first entry for which this is true ends the follow, and is not in it. Default: none does. */
  readonly endsBefore?: ((entry: Entry) => boolean) | undefined;
  /** Gets the gaps that the walk meets, for formats that cannot tell of them. Default: nobody does. */
  readonly gaps?: GapSink;
  /** Told of each piece that the follow waited for: when its first entry was received, µs since 1970. Default: nobody is. */
  readonly onNews?: (realtime: number) => void;
  /** Ends the follow. */
  readonly signal?: AbortSignal;
}

/**
 * The entries from where `walk` stands, and then those that come, encoded. Ends by itself only at a limit, and there
 * only if it is to. Where there is nothing to read at first, the first ping comes at once.
 *
 * The stream owns the walk and closes it.
 */
export function follow(walk: EntryWalk, encoder: EntryEncoder, options: FollowOptions = {}): ByteStream {
  const pingAfter = encoder.ping === undefined ? Number.POSITIVE_INFINITY : (options.pingAfter ?? 15_000);
  return new ByteStream(
    async function* (signal): AsyncGenerator<Buffer, undefined, undefined> {
      const batch = new EntryBatch(walk, encoder, options);
      yield* followChunks(batch, walk, encoder, { pingAfter, onNews: options.onNews }, signal);
      if (options.atLimit === 'stay') yield* pings(encoder, pingAfter, signal);
      return undefined;
    },
    () => walk.close(),
    options.signal,
  );
}

async function* followChunks(
  batch: EntryBatch,
  walk: EntryWalk,
  encoder: EntryEncoder,
  { pingAfter, onNews }: { readonly pingAfter: number; readonly onNews: FollowOptions['onNews'] | undefined },
  signal: AbortSignal,
): AsyncGenerator<Buffer, undefined, undefined> {
  let hasWaited = false;
  let silentSince = performance.now();
  let silentFromStart = true;
  while (true) {
    const patience = silentSince + pingAfter - performance.now();
    const outcome = await batch.fill(signal, Math.max(0, patience));
    const chunk = batch.take();
    if (chunk !== undefined) {
      silentFromStart = false;
      if (hasWaited) onNews?.(batch.oldest);
      hasWaited = false;
      yield chunk;
      silentSince = performance.now();
    }
    if (outcome === 'limit') return undefined;
    if (chunk !== undefined) continue;
    const silence = performance.now() - silentSince;
    if (encoder.ping !== undefined && (silence >= pingAfter || (silentFromStart && outcome === 'end'))) {
      silentFromStart = false;
      yield encoder.ping;
      silentSince = performance.now();
    } else if (outcome === 'end') {
      await entriesOrTimeout(walk, pingAfter - silence, signal);
      hasWaited = true;
    }
  }
}

async function* pings(
  { ping }: EntryEncoder,
  pingAfter: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer, undefined, undefined> {
  signal.throwIfAborted();
  if (ping === undefined) await once(signal, 'abort');
  while (ping !== undefined) {
    await delay(pingAfter, undefined, { signal });
    yield ping;
  }
  return undefined;
}

/** Made once: with no reason of ours Node makes one for each of ten thousand followers, stack and all. */
const timeIsOver = new Error('nothing has come for some time');

/** Resolves when entries may have come or the time is over; rejects when the signal aborts. */
export async function entriesOrTimeout(walk: EntryWalk, milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds === Number.POSITIVE_INFINITY) return walk.wait(signal);
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(timeIsOver), milliseconds);
  const end = (): void => over.abort(signal.reason);
  signal.addEventListener('abort', end, { once: true });
  try {
    await walk.wait(over.signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!over.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}
