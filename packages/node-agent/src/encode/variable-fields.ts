/** Entries after which it is looked at how well the templates did. */
const window = 2048;
/** Misses in a window, as a part of it, from which on some field is taken to be variable. */
const tolerable = 1 / 8;
/** A field that showed fewer different values is not the reason for misses. */
const fewValues = 32;
/** So many misses for each value of the richest field mean that fields vary independently, and keys are their product. */
const missesByValue = 8;
/** Windows of misses that a node with many tasks needs until all have their templates. */
const warmUp = 16;
/** Windows of misses after which, once warm, the next field is taken. */
const betweenFields = 4;
const mostVariableFields = 64;
/** Windows after which everything is learnt anew: a field may have varied only while the journal was strange. */
const relearnAfter = 512;

/** Fields known to differ from entry to entry. */
const alwaysVariable = /^MESSAGE$|_TIMESTAMP$/;

/**
 * Which fields differ so much from entry to entry that a template must leave a hole for them, learnt from misses: when
 * entry after entry finds no template, the field that showed the most different values is the reason. Misses alone are
 * none: each task's first entries miss.
 */
export class VariableFields {
  readonly #variable: Uint8Array;
  /** Different values met lately, by field. */
  readonly #values: Float64Array;
  /** Fields from this number on have shown no value. */
  #fields = 0;
  #learnt = 0;
  #entries = 0;
  #misses = 0;
  #windows = 0;
  #missingWindows = 0;
  #alwaysVariable: number[] = [];

  constructor(maximumFields: number) {
    this.#variable = new Uint8Array(maximumFields);
    this.#values = new Float64Array(maximumFields);
  }

  has(field: number): boolean {
    return this.#variable[field] === 1;
  }

  /** A field was given its number. */
  introduce(field: number, name: string): void {
    if (!alwaysVariable.test(name)) return;
    this.#variable[field] = 1;
    this.#alwaysVariable.push(field);
  }

  /** A value of the field was met that is not among those met lately. */
  countValue(field: number): void {
    (this.#values[field] as number) += 1;
    if (field >= this.#fields) this.#fields = field + 1;
  }

  /** An entry was encoded, with a template or without. */
  countEntry(missed: boolean): void {
    if (missed) this.#misses++;
    if (++this.#entries === window) this.#endWindow();
  }

  #endWindow(): void {
    if (this.#misses <= tolerable * window) {
      this.#missingWindows = 0;
    } else {
      this.#missingWindows++;
      this.#learn();
    }
    for (let field = 0; field < this.#fields; field++) (this.#values[field] as number) /= 2;
    this.#entries = 0;
    this.#misses = 0;
    if (++this.#windows === relearnAfter) this.#forget();
  }

  #learn(): void {
    if (this.#learnt === mostVariableFields) return;
    const richest = this.#richest();
    if (richest === -1) return;
    const independent = this.#misses > missesByValue * (this.#values[richest] as number);
    if (!independent && this.#missingWindows < warmUp) return;
    this.#variable[richest] = 1;
    this.#learnt++;
    this.#missingWindows = Math.min(this.#missingWindows, warmUp - betweenFields);
  }

  #richest(): number {
    let richest = -1;
    let most = fewValues;
    for (let field = 0; field < this.#fields; field++) {
      if (this.#variable[field] === 1 || (this.#values[field] as number) < most) continue;
      most = this.#values[field] as number;
      richest = field;
    }
    return richest;
  }

  #forget(): void {
    this.#windows = 0;
    this.#learnt = 0;
    this.#missingWindows = 0;
    this.#variable.fill(0);
    for (const field of this.#alwaysVariable) this.#variable[field] = 1;
  }
}
