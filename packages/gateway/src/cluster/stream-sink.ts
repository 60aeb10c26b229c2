import { Readable } from 'node:stream';
import type { V3Event } from '@clusterlog/shared';
import type { Sent } from './cluster-context.ts';
import type { LaneTarget } from './cluster-scope.ts';
import type { EntrySources } from './entry-source.ts';
import type { EntryWriter } from './entry-writer.ts';
import type { Delivery } from './merge.ts';
import type { Sink, WaitingEntry } from './merged-log.ts';

/** Characters or bytes that are sent on at once. */
const chunkSize = 64 * 1024;

/** Writes merged entries into a stream that its reader can hold up. */
export class StreamSink implements Sink {
  readonly stream: Readable;
  entries = 0;
  readonly #writer: EntryWriter;
  readonly #sources: EntrySources;
  readonly #sent: Sent;
  #texts: string[] = [];
  #buffers: Buffer[] = [];
  #size = 0;
  #wanted: (() => void) | undefined;

  constructor(writer: EntryWriter, sources: EntrySources, sent: Sent, opening = '') {
    this.#writer = writer;
    this.#sources = sources;
    this.#sent = sent;
    this.stream = new Readable({
      highWaterMark: chunkSize,
      read: () => this.#release(),
      destroy: (error, done) => {
        this.#release();
        done(error);
      },
    });
    if (opening !== '') this.#add(opening);
  }

  get full(): boolean {
    return this.#size >= chunkSize;
  }

  entry({ entry, late }: Delivery<WaitingEntry>, target: LaneTarget, cursor: () => string): void {
    this.entries++;
    this.#sent.entries++;
    const source = this.#sources.of(target, entry.origin);
    this.#add(this.#writer.entry({ payload: entry.payload, source, late }, cursor));
  }

  event(event: V3Event, cursor?: string): void {
    if (event.event === 'gap') this.#sent.gaps++;
    const text = this.#writer.event(event, cursor);
    if (text !== '') this.#add(text);
  }

  flush(): Promise<void> | undefined {
    if (this.#size === 0) return undefined;
    const chunk = this.#takeChunk();
    if (this.stream.destroyed || this.stream.push(chunk)) return undefined;
    return new Promise((resolve) => {
      this.#wanted = resolve;
    });
  }

  end(): void {
    if (this.#size > 0 && !this.stream.destroyed) this.stream.push(this.#takeChunk());
    this.stream.push(null);
  }

  #add(part: string | Buffer): void {
    this.#size += part.length;
    if (typeof part === 'string') {
      this.#texts.push(part);
      return;
    }
    this.#encodeTexts();
    this.#buffers.push(part);
  }

  #takeChunk(): Buffer {
    this.#encodeTexts();
    const chunk = this.#buffers.length === 1 ? (this.#buffers[0] as Buffer) : Buffer.concat(this.#buffers);
    this.#buffers = [];
    this.#size = 0;
    return chunk;
  }

  #encodeTexts(): void {
    if (this.#texts.length === 0) return;
    this.#buffers.push(Buffer.from(this.#texts.join(''), 'utf8'));
    this.#texts = [];
  }

  #release(): void {
    this.#wanted?.();
    this.#wanted = undefined;
  }
}
