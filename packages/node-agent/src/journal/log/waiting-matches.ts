import type { Entry, FieldView } from '../entry.ts';
import type { Match } from '../match.ts';

/** A field and a value, as one character a byte. */
type Needle = readonly [field: string, value: string];

/**
 * Who waits for which entries: from the fields of an entry to those it may concern, so that an entry costs its fields and
 * not the number of those who wait.
 */
export class WaitingMatches<Waiter> {
  /** By field, by value. */
  readonly #needles = new Map<string, Map<string, Set<Waiter>>>();
  readonly #chosen = new Map<Waiter, readonly Needle[]>();
  /** Those whose match names no value that an entry must have. */
  readonly #open = new Set<Waiter>();
  readonly #view: FieldView = { bytes: Buffer.alloc(0), start: 0, equals: 0, end: 0 };

  add(waiter: Waiter, match: Match): void {
    const needles = needlesOf(match, (field, value) => this.#needles.get(field)?.get(value)?.size ?? 0);
    if (needles === undefined) this.#open.add(waiter);
    else this.#chosen.set(waiter, needles);
    for (const [field, value] of needles ?? []) {
      const values = this.#needles.get(field) ?? new Map<string, Set<Waiter>>();
      this.#needles.set(field, values);
      values.set(value, (values.get(value) ?? new Set()).add(waiter));
    }
  }

  delete(waiter: Waiter): void {
    this.#open.delete(waiter);
    for (const [field, value] of this.#chosen.get(waiter) ?? []) {
      const values = this.#needles.get(field);
      const waiters = values?.get(value);
      waiters?.delete(waiter);
      if (waiters?.size === 0) values?.delete(value);
      if (values?.size === 0) this.#needles.delete(field);
    }
    this.#chosen.delete(waiter);
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

/**
 * Values of which an entry must have one to match; undefined when it may match without any. Where there is a choice, those
 * that fewest others wait for: the tasks of one framework all have its id, and each a container of its own.
 *
 * @param crowd how many wait for a value already
 */
export function needlesOf(
  match: Match,
  crowd: (field: string, value: string) => number = () => 0,
): readonly Needle[] | undefined {
  switch (match.kind) {
    case 'nothing':
      return [];
    case 'equals':
      return match.values.map((value) => [match.field, value.toString('latin1')]);
    case 'and': {
      let best: { readonly needles: readonly Needle[]; readonly others: number } | undefined;
      for (const term of match.terms) {
        const needles = needlesOf(term, crowd);
        if (needles === undefined) continue;
        const others = needles.reduce((sum, [field, value]) => sum + 1 + crowd(field, value), 0);
        if (best === undefined || others < best.others) best = { needles, others };
      }
      return best?.needles;
    }
    case 'or': {
      const all = match.terms.map((term) => needlesOf(term, crowd));
      return all.includes(undefined) ? undefined : all.flatMap((needles) => needles ?? []);
    }
    default:
      return undefined;
  }
}
