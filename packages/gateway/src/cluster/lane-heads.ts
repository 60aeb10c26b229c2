import TinyQueue from 'tinyqueue';
import type { Order } from './entry-key.ts';
import type { Lane, MergeEntry } from './lane.ts';

/** The lanes that have an entry waiting, the first in the order on top. */
export class LaneHeads<Entry extends MergeEntry> {
  readonly #queue: TinyQueue<Lane<Entry>>;

  constructor(order: Order) {
    this.#queue = new TinyQueue<Lane<Entry>>([], order === 'asc' ? compareHeads : (a, b) => -compareHeads(a, b));
  }

  get size(): number {
    return this.#queue.length;
  }

  get first(): Lane<Entry> | undefined {
    return this.#queue.data[0];
  }

  /** In no order. */
  get all(): readonly Lane<Entry>[] {
    return this.#queue.data;
  }

  add(lane: Lane<Entry>): void {
    this.#queue.push(lane);
  }

  takeFirst(): void {
    this.#queue.pop();
  }

  /** Takes a lane out, wherever it is. */
  take(lane: Lane<Entry>): void {
    if (lane === this.first) {
      this.takeFirst();
      return;
    }
    const others = this.#queue.data.filter((other) => other !== lane);
    this.#queue.data.length = 0;
    this.#queue.length = 0;
    for (const other of others) this.#queue.push(other);
  }
}

function compareHeads(a: Lane<MergeEntry>, b: Lane<MergeEntry>): number {
  return a.headRealtime - b.headRealtime || (a.agentId < b.agentId ? -1 : 1);
}
