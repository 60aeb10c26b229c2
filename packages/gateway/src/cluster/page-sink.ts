import type { V3Event } from '@clusterlog/shared';
import type { Sent } from './cluster-context.ts';
import type { LaneTarget } from './cluster-scope.ts';
import type { EntrySources } from './entry-source.ts';
import type { EntryWriter } from './entry-writer.ts';
import type { Delivery } from './merge.ts';
import type { Sink, WaitingEntry } from './merged-log.ts';

/** Writes merged entries into memory, up to a page. */
export class PageSink implements Sink {
  entries = 0;
  /** Agents of which something is missing. */
  readonly missing = new Set<string>();
  readonly #writer: EntryWriter;
  readonly #sources: EntrySources;
  readonly #sent: Sent;
  readonly #mostBytes: number;
  readonly #parts: (string | Buffer)[] = [];
  #size = 0;

  constructor(writer: EntryWriter, sources: EntrySources, sent: Sent, mostBytes: number) {
    this.#writer = writer;
    this.#sources = sources;
    this.#sent = sent;
    this.#mostBytes = mostBytes;
  }

  get full(): boolean {
    return this.#size >= this.#mostBytes;
  }

  entry({ entry, late }: Delivery<WaitingEntry>, target: LaneTarget, cursor: () => string): void {
    this.entries++;
    this.#sent.entries++;
    const source = this.#sources.of(target, entry.origin);
    this.#add(this.#writer.entry({ payload: entry.payload, source, late }, cursor));
  }

  event(event: V3Event, cursor?: string): void {
    if (event.event === 'gap') this.#sent.gaps++;
    if (event.event === 'gap' && event.agent !== undefined) this.missing.add(event.agent);
    const text = this.#writer.event(event, cursor);
    if (text !== '') this.#add(text);
  }

  flush(): undefined {
    return undefined;
  }

  body(): Buffer {
    return Buffer.concat(this.#parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'utf8') : part)));
  }

  #add(part: string | Buffer): void {
    this.#parts.push(part);
    this.#size += part.length;
  }
}
