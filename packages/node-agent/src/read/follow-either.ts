import { setTimeout as delay } from 'node:timers/promises';
import { ByteStream } from './byte-stream.ts';
import { shortestPoll } from './follow-file.ts';

export interface FollowEitherOptions {
  readonly isInFile: (signal: AbortSignal) => Promise<boolean>;
  readonly isInJournal: () => Promise<boolean>;
  /** Opens the follow of the file. */
  readonly file: () => ByteStream;
  readonly journal: () => Promise<ByteStream>;
  /** Milliseconds after which a ping is sent while nothing is there; the first comes at once. Default: 15,000. */
  readonly pingAfter?: number;
  readonly signal?: AbortSignal;
}

const ping = Buffer.from(': ping\n\n');

/**
 * Follows an output of which nothing is written yet: the first place where something appears, the file before the journal, is
 * where it is followed from then on.
 */
export function followEither(options: FollowEitherOptions): ByteStream {
  return new ByteStream(
    (signal) => eventsOfEither(options, signal),
    () => {},
    options.signal,
  );
}

async function* eventsOfEither(
  { isInFile, isInJournal, file, journal, pingAfter = 15_000 }: FollowEitherOptions,
  signal: AbortSignal,
): AsyncGenerator<Buffer, undefined, undefined> {
  let pingedAt = Number.NEGATIVE_INFINITY;
  while (true) {
    if (await isInFile(signal)) yield* file();
    else if (await isInJournal()) yield* await journal();
    signal.throwIfAborted();
    if (performance.now() - pingedAt >= pingAfter) {
      pingedAt = performance.now();
      yield ping;
    }
    await delay(shortestPoll, undefined, { signal });
  }
}
