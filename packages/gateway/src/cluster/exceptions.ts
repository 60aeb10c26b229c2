import type { CursorEncoder } from './cursor-encoder.ts';
import { compareKeys, type EntryKey, type Order } from './entry-key.ts';
import type { Frontier } from './frontier.ts';
import type { Lane, MergeEntry } from './lane.ts';
import type { LaneHeads } from './lane-heads.ts';

/** Agents that are given by position although a time would do, while there are no more: then nobody has to look for what is new. */
const fewByPosition = 8;

/** The lanes of a merge as they stand, for its cursors. */
export interface StandingLanes {
  readonly order: Order;
  readonly live: boolean;
  readonly frontier: Frontier;
  readonly all: ReadonlyMap<string, Lane<MergeEntry>>;
  readonly heads: Pick<LaneHeads<MergeEntry>, 'first' | 'all'>;
  readonly headless: ReadonlySet<Lane<MergeEntry>>;
  readonly ended: ReadonlySet<Lane<MergeEntry>>;
  /** Those whose tasks have ended, and which are still counted. */
  readonly leaving: ReadonlySet<Lane<MergeEntry>>;
}

/** Tells cursors the lanes whose places do not follow from the frontier. Every entry has one: lanes that follow cost nothing. */
export class Exceptions {
  readonly #lanes: StandingLanes;
  /** Number of the cursor that is being made. */
  #listing = 0;

  constructor(lanes: StandingLanes) {
    this.#lanes = lanes;
  }

  /** @param isBounded what is read has an end: lanes that were read to theirs have nothing more, whatever comes */
  write(found: CursorEncoder, isBounded: boolean): void {
    this.#listing++;
    const { frontier, all } = this.#lanes;
    if (frontier.lane !== undefined && !this.#isAlone(frontier.lane)) this.#add(frontier.lane, found);
    if (frontier.beyond.size > 0) for (const lane of frontier.beyond) this.#add(lane, found);
    if (frontier.key === undefined) for (const lane of all.values()) this.#add(lane, found);
    else this.#addWaiting(frontier.key, isBounded, found);
  }

  #addWaiting(frontier: EntryKey, isBounded: boolean, found: CursorEncoder): void {
    const { heads, headless, ended, leaving, live } = this.#lanes;
    const { first } = heads;
    if (first !== undefined && !this.#isHeadPast(first, frontier)) {
      for (const lane of heads.all) if (!this.#isHeadPast(lane, frontier)) this.#add(lane, found);
    }
    for (const lane of headless) if (!isPast(lane, frontier, this.#lanes.order)) this.#add(lane, found);
    if (!isBounded && ended.size > 0) {
      for (const lane of ended) {
        if (lane.head === undefined && !isPast(lane, frontier, this.#lanes.order)) this.#add(lane, found);
      }
    }
    if (live && headless.size > 0) this.#addUnheard(found);
    // Whoever goes on may not know them any more.
    if (leaving.size <= fewByPosition) for (const lane of leaving) this.#add(lane, found);
  }

  /** Those whose word is old: what they have written since, nobody knows; and what is idle, if it is little. */
  #addUnheard(found: CursorEncoder): void {
    const { headless } = this.#lanes;
    const areFew = headless.size <= fewByPosition;
    for (const lane of headless) {
      const isUnheard = lane.state === 'silent' || lane.state === 'lost';
      if (isUnheard || (areFew && found.isRoomy)) this.#add(lane, found);
    }
  }

  /**
   * Whether the frontier is the place of its own lane, too: no neighbour of its entry has the same time. Of ranges of many agents
   * every second byte of a cursor would tell what follows from it, and every entry has one.
   */
  #isAlone({ last, before, headRealtime, head }: Lane<MergeEntry>): boolean {
    const { live, all, frontier, order } = this.#lanes;
    if (live || head === undefined || all.size <= fewByPosition) return false;
    const at = frontier.key?.realtime;
    return last === at && before !== at && (order === 'asc' ? headRealtime > last : headRealtime < last);
  }

  #isHeadPast(lane: Lane<MergeEntry>, { realtime, agentId }: EntryKey): boolean {
    const difference = lane.headRealtime - realtime;
    if (difference !== 0) return this.#lanes.order === 'asc' ? difference > 0 : difference < 0;
    return this.#lanes.order === 'asc' ? lane.agentId > agentId : lane.agentId < agentId;
  }

  #add(lane: Lane<MergeEntry>, found: CursorEncoder): void {
    if (lane.listed === this.#listing || lane.isDrained) return;
    lane.listed = this.#listing;
    found.add(lane.hash, lane.resume, lane);
  }
}

/** Whether all that is still to come of a lane lies past a key, as far as it is known. */
export function isPast({ finished, clear }: Lane<MergeEntry>, key: EntryKey, order: Order): boolean {
  return finished || (clear !== undefined && compareKeys(clear, key, order) >= 0);
}
