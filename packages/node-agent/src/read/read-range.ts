import type { EntryEncoder } from '../encode/encoder.ts';
import type { Entry } from '../journal/entry.ts';
import type { Direction, EntryWalk } from '../journal/source.ts';
import { ByteStream } from './byte-stream.ts';
import { EntryBatch, type GapSink } from './entry-batch.ts';

export interface RangeOptions {
  /** Default: forward. */
  readonly direction?: Direction;
  /** Entries at most, those that print nothing included. Default: all there are. */
  readonly limit?: number;
  /** The first entry for which this is true ends the answer, and is not in it. Default: none does. */
  readonly endsBefore?: ((entry: Entry) => boolean) | undefined;
  /** Gets the gaps that the walk meets, for formats that cannot tell of them. Default: nobody does. */
  readonly gaps?: GapSink;
  /** Cuts the answer. */
  readonly signal?: AbortSignal;
}

/**
 * The entries from where `walk` stands to the end of the journal, encoded. Ends by itself, without any chunk when nothing
 * was printed; server-sent events then consist of one ping.
 *
 * The stream owns the walk and closes it.
 */
export function readRange(walk: EntryWalk, encoder: EntryEncoder, options: RangeOptions = {}): ByteStream {
  return new ByteStream(
    (signal) => rangeChunks(new EntryBatch(walk, encoder, options), encoder, signal),
    () => walk.close(),
    options.signal,
  );
}

async function* rangeChunks(
  batch: EntryBatch,
  encoder: EntryEncoder,
  signal: AbortSignal,
): AsyncGenerator<Buffer, undefined, undefined> {
  let printed = false;
  let outcome: 'more' | 'end' | 'limit';
  do {
    outcome = await batch.fill(signal);
    const chunk = batch.take();
    if (chunk === undefined) continue;
    printed = true;
    yield chunk;
  } while (outcome === 'more');
  if (!printed && encoder.ping !== undefined) yield encoder.ping;
}
