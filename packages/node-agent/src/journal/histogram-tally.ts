import { bucketCount, type Completeness, type Histogram, type HistogramRange, noPriority } from './counts.ts';
import type { Entry, FieldView } from './entry.ts';
import { DomainClasses } from './file/item-classes.ts';

const name = Buffer.from('PRIORITY');
const zero = 0x30;
/** Numbers a bucket has. */
const width = noPriority + 1;

/** Counts entries by time and priority. */
export class HistogramTally {
  readonly #range: HistogramRange;
  readonly #counts: Float64Array;
  readonly #classes = new DomainClasses();
  readonly #view: FieldView = { bytes: Buffer.alloc(0), start: 0, equals: 0, end: 0 };

  /** @throws RangeError */
  constructor(range: HistogramRange) {
    this.#range = range;
    this.#counts = new Float64Array(bucketCount(range) * width);
  }

  /** Entries outside the range are left out. */
  count(entry: Entry): void {
    const { from, to, bucket } = this.#range;
    const { realtime } = entry;
    if (realtime < from || realtime >= to) return;
    (this.#counts[Math.floor((realtime - from) / bucket) * width + this.#priorityOf(entry)] as number)++;
  }

  result(completeness: Completeness): Histogram {
    const buckets: number[][] = [];
    for (let start = 0; start < this.#counts.length; start += width) {
      buckets.push([...this.#counts.subarray(start, start + width)]);
    }
    return { ...this.#range, completeness, buckets };
  }

  #priorityOf(entry: Entry): number {
    const { domain, itemCount, itemIds, newItemsAbove } = entry;
    const classes = domain === undefined ? undefined : this.#classes.of(domain);
    let least = noPriority;
    for (let index = 0; index < itemCount; index++) {
      const id = itemIds[index] as number;
      let priority = classes === undefined ? -1 : classes.get(id);
      if (priority < 0) {
        priority = this.#classify(entry, index);
        if (id <= newItemsAbove) classes?.set(id, priority);
      }
      if (priority < least) least = priority;
    }
    return least;
  }

  #classify(entry: Entry, index: number): number {
    const view = this.#view;
    if (!entry.load(index, view) || view.end - view.equals !== 2) return noPriority;
    if (view.bytes.compare(name, 0, name.length, view.start, view.equals) !== 0) return noPriority;
    const digit = (view.bytes[view.equals + 1] as number) - zero;
    return digit >= 0 && digit < noPriority ? digit : noPriority;
  }
}
