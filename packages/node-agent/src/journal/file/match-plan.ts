import type { FieldView } from '../entry.ts';
import { and, type Match, not, or, since, until, type ValueTest } from '../match.ts';
import { loadData } from './data-object.ts';
import { EntryArrayCursor } from './entry-array-cursor.ts';
import type { FileParts } from './file-parts.ts';
import { chainOf, linkedEnd, valuesOf } from './index-chains.ts';
import { DataObject } from './layout.ts';
import { ComplementList, emptyList, IntersectionList, type OffsetList, SplicedList, UnionList } from './offset-list.ts';
import { payloadOf } from './residual-match.ts';
import { nothing, Span } from './span.ts';
import { TimeList } from './time-list.ts';

/** More lists than this are not walked side by side: testing every entry is then as fast. */
const mostLists = 256;
/** A field with more distinct values is not tried value by value. */
const mostValues = 1024;
/** So many entries are tested in the time of trying one value. */
const entriesPerValue = 16;
/** Values looked at to see whether a field has a value of its own for nearly every entry. */
const sampledValues = 8;
/** Longest time values are tried before the first entry is read, ms. */
const planningTime = 2;
/** Values between two looks at the clock: that many are always tried. */
const clockInterval = 16;

/** Lists looked at in the time of testing an entry. */
const listsPerEntry = 16;

/** Entries that may match. */
interface Candidates {
  readonly list: OffsetList;
  /** Lists that each step goes along. */
  readonly lists: number;
  /** True when all of them do, damage aside. */
  readonly exact: boolean;
}

const noCandidates: Candidates = { list: emptyList, lists: 0, exact: true };

/**
 * Where to look for entries that may match: the file's index where it helps, which is the arrays of DATA objects, for
 * entries the index is sure to know, and the file's own array of entries for the rest.
 *
 * journald counts an entry before it links it into the arrays of its items, but finishes one entry before the next. So
 * the index is complete for all counted entries but the last, provided it is read after the count.
 *
 * @param everyEntry the file's own array
 * @returns a list of every matching entry and some others. Stepping through it can raise {@link IndexDamage}
 */
export function planMatch(match: Match, parts: FileParts, everyEntry: OffsetList): OffsetList {
  const border = linkedEnd(parts);
  if (border === 0) return everyEntry;
  const candidates = new MatchPlan(parts).candidates(match, parts.entries.count);
  if (candidates === undefined || !isSelective(candidates, parts)) return everyEntry;
  return parts.header.state === 'archived' ? candidates.list : new SplicedList(candidates.list, everyEntry, border);
}

/** Going through half of the entries by the index takes as long as going through all of them without. */
function isSelective({ list, lists }: Candidates, parts: FileParts): boolean {
  return list.estimate * (1 + lists / listsPerEntry) < parts.entries.count / 2;
}

/**
 * Whether two lists are as long and begin alike: those of a task's ids are the same, and asking one is enough. It would
 * be enough in any case, for entries are tested.
 */
function isAlike(one: Candidates, other: Candidates): boolean {
  return one.list.estimate === other.list.estimate && one.list.atOrAfter(0) === other.list.atOrAfter(0);
}

class MatchPlan {
  readonly #parts: FileParts;
  readonly #deadline = performance.now() + planningTime;
  readonly #span = new Span();
  readonly #view: FieldView = { bytes: nothing, start: 0, equals: 0, end: 0 };

  constructor(parts: FileParts) {
    this.#parts = parts;
  }

  /**
   * @param others entries that would have to be tested if the index were not asked
   * @returns undefined where the index is no help
   */
  candidates(match: Match, others: number): Candidates | undefined {
    switch (match.kind) {
      case 'everything':
        return undefined;
      case 'nothing':
        return noCandidates;
      case 'equals':
        return this.#withValues(match.field, match.values);
      case 'present':
        return this.#withField(match.field, undefined, others);
      case 'value':
        return this.#withField(match.field, match.test, others);
      case 'time':
        return TimeList.pays(this.#parts)
          ? { list: new TimeList(this.#parts, match), lists: 1, exact: false }
          : undefined;
      case 'or':
        return this.#any(match.terms, others);
      case 'and':
        return this.#all(match.terms, others);
      case 'not':
        return this.#none(match.term, others);
    }
  }

  #any(terms: readonly Match[], others: number): Candidates | undefined {
    const all: Candidates[] = [];
    for (const term of terms) {
      const some = this.candidates(term, others);
      if (some === undefined) return undefined;
      all.push(some);
    }
    return union(all);
  }

  #all(terms: readonly Match[], others: number): Candidates | undefined {
    const found: Candidates[] = [];
    let left = others;
    for (const term of [...terms].sort((one, other) => effort(one) - effort(other))) {
      const some = this.candidates(term, left);
      if (some === undefined) continue;
      found.push(some);
      left = Math.min(left, some.list.estimate);
    }
    const [shortest, ...more] = found.sort((one, other) => one.list.estimate - other.list.estimate);
    if (shortest === undefined || shortest.list === emptyList) return shortest;
    // A list with most of the entries in it rules out too few to be worth asking.
    const asked = [shortest];
    for (const candidates of more) {
      if (isSelective(candidates, this.#parts) && !asked.some((list) => isAlike(list, candidates)))
        asked.push(candidates);
    }
    if (asked.length === 1) return { ...shortest, exact: terms.length === 1 && shortest.exact };
    return { list: new IntersectionList(asked.map(({ list }) => list)), lists: widthOf(asked), exact: false };
  }

  #none(term: Match, others: number): Candidates | undefined {
    switch (term.kind) {
      case 'everything':
        return noCandidates;
      case 'not':
        return this.candidates(term.term, others);
      case 'and':
        return this.candidates(or(...term.terms.map(not)), others);
      case 'or':
        return this.candidates(and(...term.terms.map(not)), others);
      case 'time':
        return this.candidates(or(until(term.since - 1), since(term.until + 1)), others);
      default: {
        const excluded = this.candidates(term, others);
        if (!excluded?.exact || excluded.lists > listsPerEntry || isSelective(excluded, this.#parts)) return undefined;
        const all = new EntryArrayCursor(this.#parts.entries);
        return { list: new ComplementList(all, excluded.list), lists: 1 + excluded.lists, exact: false };
      }
    }
  }

  #withValues(field: string, values: readonly Buffer[]): Candidates | undefined {
    const found: Candidates[] = [];
    for (const value of values) {
      const { offsets, complete } = this.#parts.tables.findData(payloadOf(field, value));
      if (!complete) return undefined;
      for (const offset of offsets) found.push(this.#entriesWith(offset));
    }
    return union(found);
  }

  /** Entries that have a field; with a test, one with a value that passes: it is asked once for each value there is. */
  #withField(field: string, test: ValueTest | undefined, others: number): Candidates | undefined {
    const { bytes, tables } = this.#parts;
    const { offsets, complete } = tables.findField(field);
    if (!complete) return undefined;
    const limit = Math.min(mostValues, others / entriesPerValue);
    const found: Candidates[] = [];
    let tried = 0;
    let uses = 0;
    for (const fieldOffset of offsets) {
      for (const offset of valuesOf(fieldOffset, this.#parts)) {
        tried += 1;
        if (tried > limit || (tried % clockInterval === 0 && performance.now() > this.#deadline)) return undefined;
        uses += bytes.word(offset + DataObject.entryCount);
        if (tried === sampledValues && uses < sampledValues * 2) return undefined;
        if (test === undefined || this.#passes(offset, test)) found.push(this.#entriesWith(offset));
      }
    }
    return union(found);
  }

  #passes(dataOffset: number, test: ValueTest): boolean {
    const { bytes, header, damage } = this.#parts;
    const view = this.#view;
    if (!loadData(bytes, bytes, header.layout, damage, dataOffset, this.#span, view)) return false;
    return test.passes(view.bytes, view.equals + 1, view.end);
  }

  #entriesWith(dataOffset: number): Candidates {
    const chain = chainOf(dataOffset, this.#parts);
    return chain.count === 0 ? noCandidates : { list: new EntryArrayCursor(chain), lists: 1, exact: true };
  }
}

function union(found: readonly Candidates[]): Candidates | undefined {
  const telling = found.filter(({ list }) => list !== emptyList);
  if (telling.length > mostLists) return undefined;
  const [only] = telling;
  if (only === undefined) return noCandidates;
  if (telling.length === 1) return only;
  const list = new UnionList(telling.map((candidates) => candidates.list));
  return { list, lists: widthOf(telling), exact: telling.every(({ exact }) => exact) };
}

function widthOf(found: readonly Candidates[]): number {
  return found.reduce((sum, { lists }) => sum + lists, 0);
}

/** Terms found by hash come first: they tell how few entries the others would have to be asked for. */
function effort({ kind }: Match): number {
  if (kind === 'equals' || kind === 'nothing') return 0;
  if (kind === 'and' || kind === 'or') return 1;
  return kind === 'time' ? 2 : 3;
}
