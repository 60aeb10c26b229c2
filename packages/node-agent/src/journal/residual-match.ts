import { loadData } from './data-object.ts';
import type { FieldView } from './entry.ts';
import type { EntryReader } from './file-entry.ts';
import type { FileParts } from './file-parts.ts';
import type { Match } from './match.ts';
import type { Locator } from './object.ts';
import { Span } from './span.ts';
import { tooLarge } from './u64.ts';

const remembered = 1024;
/** The class of items that no term of the match is about. */
const irrelevant = 0;

interface EqualsLeaf {
  readonly field: string;
  /** `FIELD=value`, each wanted value of the field. */
  readonly payloads: readonly Buffer[];
  /** Payloads the file did not have when last looked for. */
  missing: Buffer[];
  /** The hash table could not answer for sure, so payloads are compared instead. */
  compare: boolean;
}

type Expression =
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'leaf'; readonly leaf: number }
  | { readonly kind: 'not'; readonly term: Expression }
  | { readonly kind: 'and' | 'or'; readonly terms: readonly Expression[] };

/**
 * Tells of an entry, by the offsets of its items alone, whether it matches. Each item has a class: the set of terms it
 * fulfils. Items being stored once per file, a class is found out once and then remembered by offset.
 */
export class ResidualMatch {
  readonly #parts: FileParts;
  readonly #locator: Locator;
  readonly #expression: Expression;
  /** Terms of the match: the ones to be found by value, then the ones to be found by field name. */
  readonly #equals: (EqualsLeaf | undefined)[] = [];
  readonly #presentLeaves: { readonly name: Buffer; readonly leaf: number }[] = [];
  #needsPayload = false;

  /** Which leaves the items of a class fulfil. */
  readonly #classes: number[][] = [[]];
  readonly #classNumbers = new Map<string, number>([['', irrelevant]]);
  /** Class of each item found through the hash table. */
  readonly #found = new Map<number, number>();
  /** Classes of items met lately: at (offset / 8) mod size. */
  readonly #recentOffsets = new Float64Array(remembered).fill(-1);
  readonly #recentClasses = new Int32Array(remembered);
  /** Per leaf the number of the test it was last fulfilled in. */
  readonly #fulfilled: Float64Array;
  #test = 0;

  #lookedUpAt = -1;
  readonly #span = new Span();
  readonly #view: FieldView = { bytes: Buffer.alloc(0), start: 0, equals: 0, end: 0 };

  /** @param locator where to look for an item's bytes first */
  constructor(match: Match, parts: FileParts, locator: Locator) {
    this.#parts = parts;
    this.#locator = locator;
    this.#expression = this.#compile(match);
    this.#fulfilled = new Float64Array(this.#equals.length);
    this.#needsPayload = this.#presentLeaves.length > 0;
    this.lookUp();
  }

  /** Looks up values the file did not have before, if it has new ones. To be called before entries committed since are tested. */
  lookUp(): void {
    const { header, bytes } = this.#parts;
    const state = header.dataCount === tooLarge ? bytes.generation : header.dataCount;
    if (state === this.#lookedUpAt) return;
    this.#lookedUpAt = state;
    let changed = false;
    for (let leaf = 0; leaf < this.#equals.length; leaf++) {
      const wanted = this.#equals[leaf];
      if (wanted === undefined || wanted.missing.length === 0) continue;
      wanted.missing = wanted.missing.filter((payload) => {
        const { offsets, complete } = this.#parts.tables.findData(payload);
        if (!complete) {
          wanted.compare = true;
          this.#needsPayload = true;
          changed = true;
        }
        for (const offset of offsets) this.#addFound(offset, leaf);
        changed ||= offsets.length > 0;
        return offsets.length === 0;
      });
    }
    if (changed) this.#recentOffsets.fill(-1);
  }

  matches(entry: EntryReader): boolean {
    this.#test += 1;
    const { itemIds, itemCount } = entry;
    for (let index = 0; index < itemCount; index++) {
      const offset = itemIds[index] as number;
      const place = (offset / 8) & (remembered - 1);
      let itemClass: number;
      if (this.#recentOffsets[place] === offset) {
        itemClass = this.#recentClasses[place] as number;
      } else {
        itemClass = this.#classify(offset);
        this.#recentOffsets[place] = offset;
        this.#recentClasses[place] = itemClass;
      }
      if (itemClass === irrelevant) continue;
      for (const leaf of this.#classes[itemClass] as number[]) this.#fulfilled[leaf] = this.#test;
    }
    return this.#isTrue(this.#expression);
  }

  /** Whether an item is of a field that `present` terms ask for, or of a value that `equals` terms do. */
  #classify(offset: number): number {
    const found = this.#found.get(offset) ?? irrelevant;
    if (!this.#needsPayload) return found;
    const { bytes, header, damage } = this.#parts;
    const view = this.#view;
    if (!loadData(bytes, this.#locator, header.layout, damage, offset, this.#span, view)) return found;
    let leaves: number[] | undefined;
    for (const { name, leaf } of this.#presentLeaves) {
      if (!isSame(view.bytes, view.start, view.equals, name)) continue;
      leaves ??= [...(this.#classes[found] as number[])];
      leaves.push(leaf);
    }
    for (let leaf = 0; leaf < this.#equals.length; leaf++) {
      const wanted = this.#equals[leaf];
      if (wanted?.compare !== true || leaves?.includes(leaf) === true) continue;
      if (!wanted.payloads.some((payload) => isSame(view.bytes, view.start, view.end, payload))) continue;
      leaves ??= [...(this.#classes[found] as number[])];
      leaves.push(leaf);
    }
    return leaves === undefined ? found : this.#classOf([...new Set(leaves)]);
  }

  #addFound(offset: number, leaf: number): void {
    const leaves = this.#classes[this.#found.get(offset) ?? irrelevant] as number[];
    if (!leaves.includes(leaf)) this.#found.set(offset, this.#classOf([...leaves, leaf]));
  }

  #classOf(leaves: number[]): number {
    const key = leaves.sort((one, other) => one - other).join();
    let number = this.#classNumbers.get(key);
    if (number === undefined) {
      number = this.#classes.length;
      this.#classes.push(leaves);
      this.#classNumbers.set(key, number);
    }
    return number;
  }

  #compile(match: Match): Expression {
    switch (match.kind) {
      case 'everything':
        return { kind: 'constant', value: true };
      case 'nothing':
        return { kind: 'constant', value: false };
      case 'not':
        return { kind: 'not', term: this.#compile(match.term) };
      case 'and':
      case 'or':
        return { kind: match.kind, terms: match.terms.map((term) => this.#compile(term)) };
      case 'present': {
        const leaf = this.#equals.push(undefined) - 1;
        this.#presentLeaves.push({ name: Buffer.from(match.field), leaf });
        return { kind: 'leaf', leaf };
      }
      case 'equals': {
        const payloads = match.values.map((value) => payloadOf(match.field, value));
        const leaf = this.#equals.push({ field: match.field, payloads, missing: payloads, compare: false }) - 1;
        return { kind: 'leaf', leaf };
      }
    }
  }

  #isTrue(expression: Expression): boolean {
    switch (expression.kind) {
      case 'constant':
        return expression.value;
      case 'leaf':
        return this.#fulfilled[expression.leaf] === this.#test;
      case 'not':
        return !this.#isTrue(expression.term);
      case 'and':
        for (const term of expression.terms) if (!this.#isTrue(term)) return false;
        return true;
      case 'or':
        for (const term of expression.terms) if (this.#isTrue(term)) return true;
        return false;
    }
  }
}

/** `Buffer.compare` costs more than most names and values are long. */
function isSame(bytes: Buffer, start: number, end: number, wanted: Buffer): boolean {
  if (end - start !== wanted.length) return false;
  for (let index = 0; index < wanted.length; index++) {
    if (bytes[start + index] !== wanted[index]) return false;
  }
  return true;
}

/** The bytes of `FIELD=value` as a DATA object holds them. */
export function payloadOf(field: string, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${field}=`), value]);
}
