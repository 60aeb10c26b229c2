import type { FieldView } from '../entry.ts';
import type { Match, ValueTest } from '../match.ts';
import { loadData } from './data-object.ts';
import type { EntryReader } from './file-entry.ts';
import type { FileParts } from './file-parts.ts';
import { ItemClasses } from './item-classes.ts';
import type { Locator } from './object.ts';
import { nothing, Span } from './span.ts';
import { tooLarge } from './u64.ts';

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

/** A term that an item's field name decides, and then its value if there is a test. */
interface FieldLeaf {
  readonly leaf: number;
  readonly name: Buffer;
  readonly test: ValueTest | undefined;
}

type Expression =
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'leaf'; readonly leaf: number }
  | { readonly kind: 'time'; readonly since: number; readonly until: number }
  | { readonly kind: 'not'; readonly term: Expression }
  | { readonly kind: 'and' | 'or'; readonly terms: readonly Expression[] };

/**
 * Tells of an entry whether it matches, by its time and the offsets of its items alone. Each item has a class: the set of
 * terms it fulfils. Items being stored once per file, a class is found out once and then remembered by offset.
 */
export class ResidualMatch {
  readonly #parts: FileParts;
  readonly #locator: Locator;
  readonly #expression: Expression;
  /** Terms of the match: the ones to be found by value, then the ones to be found by field name. */
  readonly #equals: (EqualsLeaf | undefined)[] = [];
  readonly #fieldLeaves: FieldLeaf[] = [];
  readonly #leafOfTest = new Map<string, number>();
  #needsPayload = false;

  /** Which leaves the items of a class fulfil. */
  readonly #classes: number[][] = [[]];
  readonly #classNumbers = new Map<string, number>([['', irrelevant]]);
  /** Class of each item found through the hash table. */
  readonly #found = new Map<number, number>();
  readonly #recent = new ItemClasses();
  /** Per leaf the number of the test it was last fulfilled in. */
  readonly #fulfilled: Float64Array;
  #test = 0;

  #lookedUpAt = -1;
  readonly #span = new Span();
  readonly #view: FieldView = { bytes: nothing, start: 0, equals: 0, end: 0 };

  /** @param locator where to look for an item's bytes first */
  constructor(match: Match, parts: FileParts, locator: Locator) {
    this.#parts = parts;
    this.#locator = locator;
    this.#expression = this.#compile(match);
    this.#fulfilled = new Float64Array(this.#equals.length);
    this.#needsPayload = this.#fieldLeaves.length > 0;
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
    if (changed) this.#recent.clear();
  }

  matches(entry: EntryReader): boolean {
    this.#test += 1;
    const { itemIds, itemCount, newItemsAbove } = entry;
    for (let index = 0; index < itemCount; index++) {
      const offset = itemIds[index] as number;
      let itemClass = this.#recent.get(offset);
      if (itemClass < 0) {
        itemClass = this.#classify(offset);
        // What came with this entry is seldom met again.
        if (offset <= newItemsAbove) this.#recent.set(offset, itemClass);
      }
      if (itemClass === irrelevant) continue;
      for (const leaf of this.#classes[itemClass] as number[]) this.#fulfilled[leaf] = this.#test;
    }
    return this.#isTrue(this.#expression, entry.realtime);
  }

  /** Which terms an item fulfils: by where it lies as far as the hash table told, by its bytes where it must be looked at. */
  #classify(offset: number): number {
    const found = this.#found.get(offset) ?? irrelevant;
    if (!this.#needsPayload) return found;
    const { bytes, header, damage } = this.#parts;
    const view = this.#view;
    if (!loadData(bytes, this.#locator, header.layout, damage, offset, this.#span, view)) return found;
    let leaves: number[] | undefined;
    for (const { name, leaf, test } of this.#fieldLeaves) {
      if (!isSame(view.bytes, view.start, view.equals, name)) continue;
      if (test !== undefined && !test.passes(view.bytes, view.equals + 1, view.end)) continue;
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
      case 'time':
        return match;
      case 'present':
        return { kind: 'leaf', leaf: this.#fieldLeaf(match.field, undefined) };
      case 'value':
        return { kind: 'leaf', leaf: this.#fieldLeaf(match.field, match.test) };
      case 'equals': {
        const payloads = match.values.map((value) => payloadOf(match.field, value));
        const leaf = this.#equals.push({ field: match.field, payloads, missing: payloads, compare: false }) - 1;
        return { kind: 'leaf', leaf };
      }
    }
  }

  /** The same test, wherever it stands in the match, is done once. */
  #fieldLeaf(field: string, test: ValueTest | undefined): number {
    const key = test === undefined ? field : `${field}=${test.name}`;
    const known = this.#leafOfTest.get(key);
    if (known !== undefined) return known;
    const leaf = this.#equals.push(undefined) - 1;
    this.#fieldLeaves.push({ leaf, name: Buffer.from(field), test });
    this.#leafOfTest.set(key, leaf);
    return leaf;
  }

  #isTrue(expression: Expression, realtime: number): boolean {
    switch (expression.kind) {
      case 'constant':
        return expression.value;
      case 'leaf':
        return this.#fulfilled[expression.leaf] === this.#test;
      case 'time':
        return realtime >= expression.since && realtime <= expression.until;
      case 'not':
        return !this.#isTrue(expression.term, realtime);
      case 'and':
        for (const term of expression.terms) if (!this.#isTrue(term, realtime)) return false;
        return true;
      case 'or':
        for (const term of expression.terms) if (this.#isTrue(term, realtime)) return true;
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
