import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FieldView } from '../entry.ts';
import { and, equals, type Match, present } from '../match.ts';
import { loadData } from './data-object.ts';
import { IndexDamage } from './entry-array.ts';
import { EntryArrayCursor } from './entry-array-cursor.ts';
import type { FileParts } from './file-parts.ts';
import { FileWalk, testedAtOnce } from './file-walk.ts';
import { valuesOf } from './index-chains.ts';
import { DataObject } from './layout.ts';
import { planMatch } from './match-plan.ts';
import { Span } from './span.ts';

/** So many entries are gone through in the time of trying one value with the index. */
const entriesPerTry = 16;
/** Work goes on this long before others get a turn, ms. */
const slice = 2;

/** What the reading of distinct values needs of its surroundings. */
interface Work {
  readonly parts: FileParts;
  readonly field: string;
  readonly match: Match;
  readonly turn: () => Promise<void>;
  /** DATA objects done with. */
  readonly seen: Set<number>;
}

/**
 * The distinct values of a field among the entries that match.
 *
 * With no condition they are read off the FIELD object's chain of DATA objects. Under a condition each value is tried
 * with the index, if the field has few values for the entries in question; else those entries are gone through.
 */
export async function* distinctValues(
  parts: FileParts,
  field: string,
  match: Match,
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  let sliceEnd = performance.now() + slice;
  const turn = async (): Promise<void> => {
    signal?.throwIfAborted();
    if (performance.now() < sliceEnd) return;
    await nextTurn();
    signal?.throwIfAborted();
    sliceEnd = performance.now() + slice;
  };
  const work: Work = { parts, field, match, turn, seen: new Set() };
  await turn();
  let done = false;
  try {
    if (match.kind === 'everything' || hasFewValues(work)) done = yield* fromIndex(work);
  } catch (error) {
    if (!(error instanceof IndexDamage)) throw error;
  }
  if (!done) yield* fromEntries(work);
}

/** Whether trying each value with the index is less work than going through the entries that may match. */
function hasFewValues({ parts, field, match }: Work): boolean {
  const candidates = planMatch(match, parts, new EntryArrayCursor(parts.entries)).estimate;
  let allowed = candidates / entriesPerTry;
  for (const fieldOffset of parts.tables.findField(field).offsets) {
    for (const _ of valuesOf(fieldOffset, parts)) {
      allowed -= 1;
      if (allowed < 0) return false;
    }
  }
  return true;
}

/** @returns false if there may be values that the index does not tell of, or if it was more work than thought */
async function* fromIndex(work: Work): AsyncGenerator<Buffer, boolean> {
  const { parts, field, match, turn, seen } = work;
  const { bytes, header, damage } = parts;
  const { offsets, complete } = parts.tables.findField(field);
  const span = new Span();
  const view: FieldView = { bytes: Buffer.alloc(0), start: 0, equals: 0, end: 0 };
  const budget = { tests: parts.entries.count };
  for (const fieldOffset of offsets) {
    for (const offset of valuesOf(fieldOffset, parts)) {
      await turn();
      if (!loadData(bytes, bytes, header.layout, damage, offset, span, view)) continue;
      const value = Buffer.from(view.bytes.subarray(view.equals + 1, view.end));
      // A value may be there before the entry it came with is committed, and for ever without one if that never was.
      const surelyUsed = match.kind === 'everything' && bytes.word(offset + DataObject.entryCount) > 0;
      const used = surelyUsed || (await isUsed(and(equals(field, value), match), work, budget));
      if (used === undefined) return false;
      seen.add(offset);
      if (used) yield value;
    }
  }
  return complete;
}

/** Whether any entry matches; undefined when the budget is used up before that is known. */
async function isUsed(match: Match, { parts, turn }: Work, budget: { tests: number }): Promise<boolean | undefined> {
  const walk = new FileWalk(parts, match);
  try {
    for (;;) {
      const found = walk.peek('forward');
      if (found !== 'pending') return found !== 'end';
      budget.tests -= testedAtOnce;
      if (budget.tests < 0) return undefined;
      await walk.fill();
      await turn();
    }
  } finally {
    walk.close();
  }
}

async function* fromEntries({ parts, field, match, turn, seen }: Work): AsyncGenerator<Buffer> {
  const walk = new FileWalk(parts, and(match, present(field)));
  const view: FieldView = { bytes: Buffer.alloc(0), start: 0, equals: 0, end: 0 };
  const name = Buffer.from(field);
  const others = new Set<number>();
  try {
    for (;;) {
      await turn();
      const entry = walk.peek('forward');
      if (entry === 'end') return;
      if (entry === 'pending') {
        await walk.fill();
        continue;
      }
      for (let index = 0; index < entry.itemCount; index++) {
        const offset = entry.itemIds[index] as number;
        if (seen.has(offset) || others.has(offset)) continue;
        if (!entry.load(index, view)) continue;
        if (view.bytes.compare(name, 0, name.length, view.start, view.equals) !== 0) {
          if (others.size >= 65_536) others.clear();
          others.add(offset);
          continue;
        }
        seen.add(offset);
        yield Buffer.from(view.bytes.subarray(view.equals + 1, view.end));
      }
      walk.advance('forward');
    }
  } finally {
    walk.close();
  }
}
