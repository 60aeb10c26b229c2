import { setImmediate as nextTurn } from 'node:timers/promises';

/** Longest time the event loop is kept from others, in ms. */
export const sliceMilliseconds = 2;

/** The clock of a piece of long work that lets others have their turn. */
export class TimeSlice {
  #deadline = performance.now() + sliceMilliseconds;

  get isOver(): boolean {
    return performance.now() > this.#deadline;
  }

  /** To be awaited between two steps of the work: when the slice is over, others come first and a new one begins. */
  async yield(): Promise<void> {
    if (!this.isOver) return;
    await nextTurn();
    this.#deadline = performance.now() + sliceMilliseconds;
  }
}
