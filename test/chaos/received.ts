import type { NumberedLines } from './numbered-lines.ts';
import { Serials } from './serials.ts';

/** What a follower has received of one writer's lines. */
export class Received {
  readonly serials = new Serials();
  /** The greatest number so far. */
  last = -1;
  /** How often a line came again. */
  doubled = 0;
  /** How often a line came after one that was written later. */
  misplaced = 0;

  take(serial: number): void {
    if (!this.serials.add(serial)) this.doubled++;
    else if (serial < this.last) this.misplaced++;
    this.last = Math.max(this.last, serial);
  }
}

/** What is wrong with what a follower has received of these lines. */
export interface Difference {
  /** In the journal, and never received. */
  readonly lost: readonly number[];
  readonly doubled: number;
  readonly misplaced: number;
  /** Received, and not in the journal. */
  readonly foreign: number;
}

export function differenceOf(lines: NumberedLines, stored: Serials, received: Received = new Received()): Difference {
  const { serials, doubled, misplaced } = received;
  const foreign = [...serials.without(stored, Math.max(lines.next, received.last + 1))].length;
  return { lost: [...stored.without(serials, lines.next)], doubled, misplaced, foreign };
}
