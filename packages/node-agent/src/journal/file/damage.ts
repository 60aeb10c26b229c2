export interface DamageCounts {
  /** DATA and FIELD objects, and links to them, that could not be read: each costs a field. */
  readonly data: number;
  /** ENTRY objects that could not be read: each costs an entry. */
  readonly entries: number;
  /** ENTRY_ARRAY objects or slots of them that could not be read. */
  readonly arrays: number;
}

/** Remembering more places would let a hostile file take memory. */
const placesRemembered = 10_000;

const kinds = ['data', 'entries', 'arrays'] as const;

/** What was found damaged in one file, each place counted once however often it is met. */
export class Damage implements DamageCounts {
  data = 0;
  entries = 0;
  arrays = 0;
  readonly #places = new Set<number>();

  /** @param offset where in the file */
  count(kind: (typeof kinds)[number], offset: number): void {
    // One object can be met as different things where links are damaged, too.
    const place = offset * kinds.length + kinds.indexOf(kind);
    if (this.#places.has(place)) return;
    if (this.#places.size < placesRemembered) this.#places.add(place);
    this[kind] += 1;
  }
}
