import type { Cursor } from '@clusterlog/shared';
import type { Entry } from '../journal/entry.ts';
import { everything } from '../journal/match.ts';
import type { Direction, EntryWalk, Gap, JournalSource, Reached } from '../journal/source.ts';
import { RedactedEntry } from './redacted-entry.ts';
import { noBootId, type Redaction } from './redaction.ts';
import { cursorOfEntry } from './v3-progress.ts';

/** Entries of one time looked at for the one that a cursor means. */
const mostOfOneTime = 1_000;

/** A walk over entries as a redaction shows them. */
export class RedactedWalk implements EntryWalk {
  readonly #journal: JournalSource;
  readonly #walk: EntryWalk;
  readonly #entry: RedactedEntry;
  readonly #hidesBoots: boolean;

  /** @param walk over entries of `journal`; closed with this one */
  constructor(journal: JournalSource, walk: EntryWalk, redaction: Redaction) {
    this.#journal = journal;
    this.#walk = walk;
    this.#entry = new RedactedEntry(redaction);
    this.#hidesBoots = redaction.hidesBoots;
  }

  seekHead(): Promise<void> {
    return this.#walk.seekHead();
  }

  seekTail(): Promise<void> {
    return this.#walk.seekTail();
  }

  seekRealtime(microseconds: number): Promise<void> {
    return this.#walk.seekRealtime(microseconds);
  }

  /**
   * The cursor's xor hash is not looked at: whether it is the right one would tell what is withheld. Nor is its boot id where
   * those are withheld.
   */
  async seekCursor(cursor: Cursor, side: 'before' | 'after'): Promise<'exact' | 'nearest'> {
    const bootIds = this.#hidesBoots ? await bootIdsOf(this.#journal) : [cursor.bootId];
    const [meant, ...others] = await entriesMeant(this.#journal, cursor, bootIds);
    if (meant === undefined) {
      const bootId = this.#hidesBoots ? noBootId : cursor.bootId;
      return this.#walk.seekCursor({ ...cursor, bootId, xorHash: 0n }, side);
    }
    // Of entries that cannot be told apart, none must be left out.
    if (others.length === 0) return this.#walk.seekCursor(meant, side);
    await this.#walk.seekCursor(meant, 'before');
    return 'nearest';
  }

  skip(count: number): Promise<number> {
    return this.#walk.skip(count);
  }

  read(direction: Direction, visit: (entry: Entry) => boolean): Promise<'stopped' | 'end' | 'slice'> {
    return this.#walk.read(direction, (entry) => visit(this.#entry.of(entry)));
  }

  reached(direction: Direction): Reached | undefined {
    const reached = this.#walk.reached(direction);
    return reached?.entry === undefined ? reached : { ...reached, entry: this.#entry.of(reached.entry) };
  }

  takeGaps(): readonly Gap[] {
    return this.#walk.takeGaps();
  }

  wait(signal: AbortSignal): Promise<void> {
    return this.#walk.wait(signal);
  }

  close(): void {
    this.#walk.close();
  }
}

async function bootIdsOf(journal: JournalSource): Promise<string[]> {
  const ids: string[] = [];
  for await (const id of journal.distinctValues('_BOOT_ID', everything)) ids.push(id.toString('latin1'));
  return ids;
}

/**
 * The entry of a cursor that has no xor hash, in one of these boots. Several, in the journal's order but for that of boots,
 * when its other parts do not tell them apart.
 */
async function entriesMeant(
  journal: JournalSource,
  cursor: Cursor,
  bootIds: readonly string[],
): Promise<readonly Cursor[]> {
  const { seqnumId, seqnum } = cursor;
  const sameTime: Cursor[] = [];
  for (const bootId of bootIds) sameTime.push(...(await entriesOfItsTime(journal, { ...cursor, bootId })));
  const itself = sameTime.filter((one) => one.seqnumId === seqnumId && one.seqnum === seqnum);
  if (itself.length > 0) return itself.slice(0, 1);
  const sameNumber = sameTime.filter((one) => one.seqnum === seqnum);
  return sameNumber.length === 1 ? sameNumber : sameTime;
}

async function entriesOfItsTime(journal: JournalSource, cursor: Cursor): Promise<readonly Cursor[]> {
  const { bootId, monotonic, realtime } = cursor;
  const sameTime: Cursor[] = [];
  let looked = 0;
  const visit = (entry: Entry): boolean => {
    if (entry.bootId === bootId) {
      if (BigInt(entry.monotonic) > monotonic) return false;
      if (BigInt(entry.monotonic) === monotonic && BigInt(entry.realtime) === realtime) {
        sameTime.push(cursorOfEntry(entry));
      }
    }
    return ++looked < mostOfOneTime;
  };
  const walk = journal.walk(everything);
  try {
    // No entry is this one, so the walk comes to stand before the first one of the boot that is later.
    const before = monotonic === 0n ? 0n : monotonic - 1n;
    await walk.seekCursor(
      { ...cursor, seqnumId: '0'.repeat(32), seqnum: 0n, monotonic: before, xorHash: 0n },
      'before',
    );
    while ((await walk.read('forward', visit)) === 'slice') await new Promise(setImmediate);
  } finally {
    walk.close();
  }
  return sameTime;
}
