import type { TimeSlice } from '../time-slice.ts';
import { EntrySequence } from './entry-sequence.ts';
import type { FileBytes } from './file-bytes.ts';

/** Entries between two looks at the clock. */
const clockInterval = 64;

/**
 * The entries after a place in a file, found without the chain of entry arrays, numbered from 1: first as they lie in the
 * file, object by object; where the objects are damaged, as the boots list them from there on.
 */
export class RestOfEntries {
  readonly #file: FileBytes;
  readonly #linkedAfter: (after: number) => Generator<number>;
  readonly #sequence: EntrySequence;
  /** Entries found object by object. */
  #inSequence = 0;
  /** Offsets of the entries after those. */
  #linked: number[] = [];
  #linking: Generator<number> | undefined;
  #linkingSteps = 0;

  /**
   * @param start offset of the entry before the first one
   * @param linkedAfter offsets of the entries after one as boots list them, in rising order mostly; 0 now and then
   */
  constructor(file: FileBytes, start: number, linkedAfter: (after: number) => Generator<number>) {
    this.#file = file;
    this.#linkedAfter = linkedAfter;
    this.#sequence = new EntrySequence(file, start);
  }

  get found(): number {
    return this.#inSequence + this.#linked.length;
  }

  /** The offset of an entry that has been found; else 0. */
  at(number: number): number {
    if (number <= this.#inSequence) return this.#sequence.after(number);
    return this.#linked[number - this.#inSequence - 1] ?? 0;
  }

  /**
   * Finds so many entries, or all there are.
   *
   * @returns false if the time is over first
   */
  find(wanted: number, slice?: TimeSlice): boolean {
    while (this.#inSequence < wanted) {
      const next = this.#sequence.after(this.#inSequence + 1, slice);
      if (next === undefined) return false;
      if (next === 0) return this.#link(slice);
      this.#inSequence += 1;
      if (this.#inSequence % clockInterval === 0 && slice?.isOver) return false;
    }
    return true;
  }

  /** The file has grown. What was found is still there. */
  goOn(): void {
    this.#sequence.goOn();
    this.#linking = undefined;
  }

  #link(slice: TimeSlice | undefined): boolean {
    if (this.#linking === undefined) {
      const last = Math.max(this.#file.arenaStart, this.#sequence.after(this.#inSequence));
      this.#linked = this.#linked.filter((offset) => offset > last);
      this.#linking = this.#linkedAfter(this.#linked.at(-1) ?? last);
      this.#linkingSteps = 0;
    }
    // More slots than these have no room in the file: a damaged index can lead to the same ones again and again.
    const most = this.#file.arenaEnd / 4;
    for (let step = this.#linking.next(); step.done !== true; step = this.#linking.next()) {
      if (step.value !== 0) this.#linked.push(step.value);
      this.#linkingSteps += 1;
      if (this.#linkingSteps > most) break;
      if (this.#linkingSteps % clockInterval === 0 && slice?.isOver) return false;
    }
    this.#linking = undefined;
    this.#linked = inOrder(this.#linked);
    return true;
  }
}

function inOrder(offsets: number[]): number[] {
  if (offsets.every((offset, index) => index === 0 || offset > (offsets[index - 1] as number))) return offsets;
  const sorted = Float64Array.from(offsets).sort();
  return [...sorted.filter((offset, index) => index === 0 || offset !== sorted[index - 1])];
}
