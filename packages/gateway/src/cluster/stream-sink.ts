import type { V3Event } from '@clusterlog/shared';
import { AnswerStream } from './answer-stream.ts';
import type { Sent } from './cluster-context.ts';
import type { LaneTarget } from './cluster-scope.ts';
import type { EntrySources } from './entry-source.ts';
import type { EntryWriter } from './entry-writer.ts';
import type { Delivery } from './merge.ts';
import { OutputSlab, slabSize } from './output-slab.ts';
import type { Sink } from './sink.ts';
import type { WaitingEntry } from './waiting-entry.ts';

/** Writes merged entries into a stream that its reader can hold up. */
export class StreamSink implements Sink {
  readonly stream = new AnswerStream();
  entries = 0;
  readonly #writer: EntryWriter;
  readonly #sources: EntrySources;
  readonly #sent: Sent;
  readonly #slab = new OutputSlab();

  constructor(writer: EntryWriter, sources: EntrySources, sent: Sent, opening = '') {
    this.#writer = writer;
    this.#sources = sources;
    this.#sent = sent;
    this.#slab.utf8(opening);
  }

  get full(): boolean {
    return this.#slab.length >= slabSize;
  }

  entry({ entry, late }: Delivery<WaitingEntry>, target: LaneTarget, cursor: () => string): void {
    this.entries++;
    this.#sent.entries++;
    const source = this.#sources.of(target, entry.origin);
    this.#writer.entry(entry, { source, late, cursor }, this.#slab);
  }

  event(event: V3Event, cursor?: string): void {
    if (event.event === 'gap') this.#sent.gaps++;
    this.#slab.utf8(this.#writer.event(event, cursor));
  }

  flush(): Promise<void> | undefined {
    if (this.#slab.length === 0) return undefined;
    const sent = this.stream.send(this.#writer.sendable(this.#slab.written()));
    return sent.then(() => this.#slab.clear());
  }

  async end(): Promise<void> {
    await this.flush();
    this.stream.end();
  }
}
