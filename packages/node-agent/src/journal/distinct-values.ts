import { setImmediate as nextTurn } from 'node:timers/promises';
import { loadData } from './data-object.ts';
import type { FieldView } from './entry.ts';
import { IndexDamage } from './entry-array.ts';
import type { FileParts } from './file-parts.ts';
import { FileWalk } from './file-walk.ts';
import { DataObject } from './layout.ts';
import { and, equals, type Match, present } from './match.ts';
import { valuesOf } from './match-plan.ts';
import { Span } from './span.ts';

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
 * with the index, as long as that is less work than going through the entries once; then the entries are.
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
  const done = yield* fromIndex(work);
  if (!done) yield* fromEntries(work);
}

/** @returns false if the entries must be gone through for the rest */
async function* fromIndex({ parts, field, match, turn, seen }: Work): AsyncGenerator<Buffer, boolean> {
  const { offsets, complete } = parts.tables.findField(field);
  if (!complete) return false;
  const span = new Span();
  const view: FieldView = { bytes: Buffer.alloc(0), start: 0, equals: 0, end: 0 };
  const { bytes, header, damage } = parts;
  let budget = parts.entries.count;
  try {
    for (const fieldOffset of offsets) {
      for (const offset of valuesOf(fieldOffset, parts)) {
        await turn();
        // A value may be there before the entry it came with is committed, and without one if that was never written.
        const unconditional = match.kind === 'everything' && bytes.word(offset + DataObject.entryCount) > 0;
        if (!loadData(bytes, bytes, header.layout, damage, offset, span, view)) continue;
        const value = Buffer.from(view.bytes.subarray(view.equals + 1, view.end));
        if (!unconditional) {
          const walk = new FileWalk(parts, and(equals(field, value), match));
          walk.seekIndex(0);
          try {
            let found = walk.peek('forward');
            budget -= 8;
            while (found === 'pending') {
              budget -= 1024;
              if (budget < 0) return false;
              await walk.fill();
              await turn();
              found = walk.peek('forward');
            }
            if (found === 'end') {
              if (budget < 0) return false;
              seen.add(offset);
              continue;
            }
          } finally {
            walk.close();
          }
        }
        seen.add(offset);
        yield value;
        if (budget < 0) return false;
      }
    }
    return true;
  } catch (error) {
    if (error instanceof IndexDamage) return false;
    throw error;
  }
}

async function* fromEntries({ parts, field, match, turn, seen }: Work): AsyncGenerator<Buffer> {
  const walk = new FileWalk(parts, and(match, present(field)));
  const view: FieldView = { bytes: Buffer.alloc(0), start: 0, equals: 0, end: 0 };
  const name = Buffer.from(field);
  const others = new Set<number>();
  walk.seekIndex(0);
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
        // The consumer had the event loop: the entry's bytes may be gone, the entry itself is this walk's own.
      }
      walk.advance('forward');
    }
  } finally {
    walk.close();
  }
}
