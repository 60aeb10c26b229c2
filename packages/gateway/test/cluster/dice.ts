import { Random } from '../../../../test/fixtures/random.ts';

/** Reproducible chance and whole numbers. */
export class Dice extends Random {
  /** A whole number, both ends included. */
  between(least: number, greatest: number): number {
    return least + this.below(greatest - least + 1);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }
}
