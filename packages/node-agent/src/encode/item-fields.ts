/** Items remembered: 16 bytes each. */
const slots = 1 << 15;
const slotBits = 15;
const ways = 4;
/** Numbers of fields are below this; the rest of the word is the number of the domain. */
const fieldRange = 8192;

/**
 * Which field an item is of, for the items met lately: what an entry's item ids mean without reading the items. A table
 * of fixed size; what does not fit is forgotten.
 */
export class ItemFields {
  /** Two words a slot: the item's id, and domain * fieldRange + field. */
  readonly #words = new Float64Array(2 * slots).fill(-1);
  #victim = 0;

  /** The number of the item's field; -1 when not known. */
  get(domain: number, id: number): number {
    const words = this.#words;
    const first = slotOf(domain, id);
    const least = domain * fieldRange;
    for (let at = first; at < first + 2 * ways; at += 2) {
      if (words[at] === id) {
        const field = (words[at + 1] as number) - least;
        if (field >= 0 && field < fieldRange) return field;
      }
    }
    return -1;
  }

  set(domain: number, id: number, field: number): void {
    const words = this.#words;
    const first = slotOf(domain, id);
    this.#victim = (this.#victim + 2) % (2 * ways);
    let at = first + this.#victim;
    for (let free = first; free < first + 2 * ways; free += 2) if (words[free] === -1) at = free;
    words[at] = id;
    words[at + 1] = domain * fieldRange + field;
  }
}

function slotOf(domain: number, id: number): number {
  const hash = Math.imul((id | 0) ^ Math.imul(domain, 0x85eb_ca6b), 0x9e37_79b1);
  return 2 * ways * (hash >>> (32 - slotBits + 2));
}
