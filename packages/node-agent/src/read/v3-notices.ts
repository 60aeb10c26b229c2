import type { ErrorEvent, GapEvent } from '@clusterlog/shared';
import type { Notice, V3Encoder } from '../encode/v3-encoder.ts';
import type { Gap } from '../journal/source.ts';
import type { StartGap } from './v3-start.ts';

/** What an answer says besides entries, in its format. */
export class Notices {
  readonly #encoder: V3Encoder;
  readonly #agentId: string | undefined;
  readonly #onGap: () => void;

  constructor(encoder: V3Encoder, agentId: string | undefined, onGap: () => void = () => {}) {
    this.#encoder = encoder;
    this.#onGap = onGap;
    this.#agentId = agentId;
  }

  /** Undefined where the format says nothing of it. */
  bytes(notice: Notice): Buffer | undefined {
    return this.#encoder.notice(notice);
  }

  startGap(gap: StartGap): Buffer | undefined {
    return this.bytes(this.#gap(gap));
  }

  /** The gaps that a walk met. */
  *gaps(gaps: readonly Gap[]): Generator<Buffer, undefined, undefined> {
    for (const { reason, since, until } of gaps) {
      const from = Number.isSafeInteger(since) ? { from: since } : {};
      const to = Number.isSafeInteger(until) ? { to: until } : {};
      const bytes = this.bytes(this.#gap({ reason, ...from, ...to }));
      if (bytes !== undefined) yield bytes;
    }
  }

  #gap(facts: Omit<GapEvent, 'event' | 'agent'>): GapEvent {
    this.#onGap();
    return { event: 'gap', ...(this.#agentId === undefined ? {} : { agent: this.#agentId }), ...facts };
  }
}

/** What went wrong, as it is told to the reader of an answer that has begun. */
export type Explain = (error: unknown) => ErrorEvent;

/**
 * The same chunks; what goes wrong after the first of them is told as an event at their end, where the format has one.
 * Before the first it is thrown: then there still can be an answer with a status of its own.
 */
export async function* explained(
  chunks: AsyncGenerator<Buffer, undefined, undefined>,
  notices: Notices,
  explain: Explain,
  signal: AbortSignal,
): AsyncGenerator<Buffer, undefined, undefined> {
  let begun = false;
  try {
    for await (const chunk of chunks) {
      begun = true;
      yield chunk;
    }
  } catch (error) {
    const told = signal.aborted || !begun ? undefined : notices.bytes(explain(error));
    if (told === undefined) throw error;
    yield told;
  }
  return undefined;
}
