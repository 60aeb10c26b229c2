import { Changes } from '../changes.ts';
import type { ReadEntry } from '../reading.ts';
import type { SetUp } from '../set-ups.ts';
import { EventSource } from './event-source.ts';

/** How many entries the view asks for at once, going up. */
const pageSize = 400;

/**
 * The view of a task's log in the DC/OS UI: the last entry and what comes after it by one EventSource, pages of older ones by
 * further EventSources on ranges, whose end it learns by the error that any end is to it.
 */
export class TaskLogView {
  /** Oldest first. */
  readonly entries: ReadEntry[] = [];
  topReached = false;
  readonly #setUp: SetUp;
  /** `/framework/…/container/…`. */
  readonly #container: string;
  readonly #tail: EventSource;
  readonly #changes = new Changes();

  /** @param pause before the tail connects again */
  constructor(setUp: SetUp, container: string, pause?: () => Promise<void>) {
    this.#setUp = setUp;
    this.#container = container;
    this.#tail = this.#eventSource('stream', 'limit=0&skip_prev=1&filter=STREAM:STDOUT', pause);
    this.#tail.onmessage = ({ data }) => {
      this.entries.push(readEntry(data));
      this.#changes.wake();
    };
    this.#tail.onerror = () => this.#changes.wake();
  }

  get messages(): (string | undefined)[] {
    return this.entries.map(({ fields }) => fields.MESSAGE);
  }

  /** Times that the tail was cut, each an error box until the next message. */
  get errors(): number {
    return this.#tail.errors;
  }

  async until(done: (view: this) => boolean): Promise<void> {
    const summary = () => `${this.entries.length} entries, the tail cut ${this.errors} times`;
    const isDone = () => {
      if (this.#tail.problem !== undefined) throw this.#tail.problem;
      return done(this);
    };
    await this.#changes.until(isDone, summary);
  }

  /** Scrolls up by a page; resolves to the number of entries when the EventSource has ended. */
  async pageUp(): Promise<number> {
    const [oldest] = this.entries;
    if (oldest === undefined) throw new Error('the view shows nothing yet');
    const cursor = encodeURIComponent(oldest.cursor);
    const page = this.#eventSource(
      'range',
      `cursor=${cursor}&limit=${pageSize}&read_reverse=true&filter=STREAM:STDOUT`,
    );
    const older = await new Promise<ReadEntry[]>((resolve, reject) => {
      page.onerror = () => {
        page.close();
        if (page.problem !== undefined) reject(page.problem);
        resolve(page.messages.map(({ data }) => readEntry(data)));
      };
    });
    this.topReached = older.length < pageSize;
    for (const entry of older) this.entries.unshift(entry);
    return older.length;
  }

  close(): void {
    this.#tail.close();
  }

  #eventSource(kind: 'stream' | 'range', query: string, pause?: () => Promise<void>): EventSource {
    return new EventSource(this.#setUp, `${this.#setUp.logs}/v1/${kind}${this.#container}?${query}`, pause);
  }
}

function readEntry(data: string): ReadEntry {
  const entry = JSON.parse(data) as ReadEntry;
  if (typeof entry.realtime_timestamp !== 'number') throw new Error(`the UI needs a number, found ${data}`);
  return entry;
}
