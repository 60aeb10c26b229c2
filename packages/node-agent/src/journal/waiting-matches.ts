import type { Entry, FieldView } from './entry.ts';
import type { Match } from './match.ts';

/** A field and a value, as one character a byte. */
type Needle = readonly [field: string, value: string];

/**
 * Who waits for which entries: from the fields of an entry to those it may concern, so that an entry costs its fields and
 * not the number of those who wait.
 */
export class WaitingMatches<Waiter> {
  /** By field, by value. */
  readonly #needles = new Map<string, Map<string, Set<Waiter>>>();
  /** Those whose match names no value that an entry must have. */
  readonly #open = new Set<Waiter>();
  readonly #view: FieldView = { bytes: Buffer.alloc(0), start: 0, equals: 0, end: 0 };

  add(waiter: Waiter, match: Match): void {
    const needles = needlesOf(match);
    if (needles === undefined) this.#open.add(waiter);
    for (const [field, value] of needles ?? []) {
      const values = this.#needles.get(field) ?? new Map<string, Set<Waiter>>();
      this.#needles.set(field, values);
      values.set(value, (values.get(value) ?? new Set()).add(waiter));
    }
  }

  delete(waiter: Waiter, match: Match): void {
    this.#open.delete(waiter);
    for (const [field, value] of needlesOf(match) ?? []) {
      const values = this.#needles.get(field);
      const waiters = values?.get(value);
      waiters?.delete(waiter);
      if (waiters?.size === 0) values?.delete(value);
      if (values?.size === 0) this.#needles.delete(field);
    }
  }

  /**
   * Calls `wake` for each whose match may hold for `entry`; possibly more than once.
   *
   * @returns false when an item could not be read, so that the entry may concern anybody
   */
  concern(entry: Entry, wake: (waiter: Waiter) => void): boolean {
    for (const waiter of this.#open) wake(waiter);
    if (this.#needles.size === 0) return true;
    let isWhole = true;
    const view = this.#view;
    for (let index = 0; index < entry.itemCount; index++) {
      if (!entry.load(index, view)) {
        isWhole = false;
        continue;
      }
      const values = this.#needles.get(view.bytes.toString('latin1', view.start, view.equals));
      if (values === undefined) continue;
      const waiters = values.get(view.bytes.toString('latin1', view.equals + 1, view.end));
      for (const waiter of waiters ?? []) wake(waiter);
    }
    return isWhole;
  }
}

/** Values of which an entry must have one to match; undefined when it may match without any. */
export function needlesOf(match: Match): readonly Needle[] | undefined {
  switch (match.kind) {
    case 'nothing':
      return [];
    case 'equals':
      return match.values.map((value) => [match.field, value.toString('latin1')]);
    case 'and': {
      const choices = match.terms.flatMap((term) => {
        const needles = needlesOf(term);
        return needles === undefined ? [] : [needles];
      });
      return choices.sort((a, b) => a.length - b.length)[0];
    }
    case 'or': {
      const all = match.terms.map(needlesOf);
      return all.includes(undefined) ? undefined : all.flatMap((needles) => needles ?? []);
    }
    default:
      return undefined;
  }
}
