/** What one entry of the cache costs beyond its own bytes: objects, map slots. */
const overhead = 512;

/**
 * A map of bounded size that forgets what was not used lately. Two generations: what is used moves to the young one; when
 * that holds half the budget it becomes the old one, and the old one goes. Cheaper per use than an exact order, and a use
 * of something young, the common case, costs one look-up.
 */
export class Generations<Value> {
  readonly #half: number;
  readonly #cost: (value: Value) => number;
  #young = new Map<number, Value>();
  #old = new Map<number, Value>();
  #youngBytes = 0;
  #oldBytes = 0;

  constructor(maximumBytes: number, cost: (value: Value) => number) {
    this.#half = maximumBytes / 2;
    this.#cost = cost;
  }

  /** Bytes held, as far as they were told. */
  get bytes(): number {
    return this.#youngBytes + this.#oldBytes;
  }

  get(key: number): Value | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.#keep(key, old);
    return old;
  }

  /** Keeps `value`, in place of what had the key before. */
  set(key: number, value: Value): void {
    const before = this.#young.get(key);
    if (before !== undefined) this.#youngBytes -= overhead + this.#cost(before);
    this.#keep(key, value);
  }

  clear(): void {
    this.#young = new Map();
    this.#old = new Map();
    this.#youngBytes = 0;
    this.#oldBytes = 0;
  }

  #keep(key: number, value: Value): void {
    const cost = overhead + this.#cost(value);
    if (cost > this.#half) return;
    if (this.#youngBytes + cost > this.#half) {
      this.#old = this.#young;
      this.#oldBytes = this.#youngBytes;
      this.#young = new Map();
      this.#youngBytes = 0;
    }
    this.#young.set(key, value);
    this.#youngBytes += cost;
  }
}
