import type { V3Event } from '@clusterlog/shared';
import type { Sent } from './cluster-context.ts';
import type { LaneTarget } from './cluster-scope.ts';
import type { EntrySources } from './entry-source.ts';
import type { EntryWriter } from './entry-writer.ts';
import type { Delivery } from './merge.ts';
import { OutputSlab, slabSize } from './output-slab.ts';
import type { Sink } from './sink.ts';
import type { WaitingEntry } from './waiting-entry.ts';

/** Writes merged entries into memory, up to a page. */
export class PageSink implements Sink {
  entries = 0;
  /** Agents of which something is missing. */
  readonly missing = new Set<string>();
  readonly #writer: EntryWriter;
  readonly #sources: EntrySources;
  readonly #sent: Sent;
  readonly #mostBytes: number;
  readonly #slab = new OutputSlab();
  readonly #parts: Buffer[] = [];
  /** Bytes of {@link #parts}. */
  #size = 0;

  constructor(writer: EntryWriter, sources: EntrySources, sent: Sent, mostBytes: number) {
    this.#writer = writer;
    this.#sources = sources;
    this.#sent = sent;
    this.#mostBytes = mostBytes;
  }

  get full(): boolean {
    return this.#size + this.#slab.length >= this.#mostBytes;
  }

  entry({ entry, late }: Delivery<WaitingEntry>, target: LaneTarget, cursor: () => string): void {
    this.entries++;
    this.#sent.entries++;
    const source = this.#sources.of(target, entry.origin);
    this.#writer.entry(entry, { source, late, cursor }, this.#slab);
    if (this.#slab.length >= slabSize) this.#takePart();
  }

  event(event: V3Event, cursor?: string): void {
    if (event.event === 'gap') this.#sent.gaps++;
    if (event.event === 'gap' && event.agent !== undefined) this.missing.add(event.agent);
    this.#slab.utf8(this.#writer.event(event, cursor));
  }

  flush(): undefined {
    return undefined;
  }

  body(): Buffer {
    this.#takePart();
    return Buffer.concat(this.#parts);
  }

  #takePart(): void {
    const part = Buffer.from(this.#writer.sendable(this.#slab.written()));
    this.#slab.clear();
    this.#parts.push(part);
    this.#size += part.length;
  }
}
