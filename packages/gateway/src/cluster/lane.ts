import { agentHash } from './agent-set.ts';
import type { Resume } from './cluster-cursor.ts';
import { compareKeys, type EntryKey, everyAgent, type Order } from './entry-key.ts';

/** An entry as it waits to be merged; what it is made of is not looked at. */
export interface MergeEntry {
  /** µs since 1970. */
  readonly realtime: number;
  /** Resumes after it. */
  readonly position: string;
  /** What it takes in memory while it waits, in bytes. */
  readonly size: number;
}

/**
 * How an agent's stream stands.
 * - `starting`: it has not yet said that it has caught up with its journal; it is waited for with patience
 * - `live`: it tells of its entries as they are written, and of its clock by watermarks
 * - `silent`, `lost`: nothing was heard for too long, or the connection broke; it is not waited for
 * - `ended`: its range has been read to its end
 */
export type LaneState = 'starting' | 'live' | 'silent' | 'lost' | 'ended';

/** One agent's entries within a merge, in that agent's own order, and what is known of those still to come. */
export class Lane<Entry extends MergeEntry> {
  readonly agentId: string;
  /** {@link agentHash} of it. */
  readonly hash: number;
  /** Number of the cursor that it was listed in last. */
  listed = 0;
  state: LaneState = 'starting';
  /** Where to go on after all that was delivered of it. */
  resume: Resume;
  /** Where to go on reading it: behind everything that was put in. */
  readTo: Resume;
  /** What is still to be delivered of it lies past this key, if its clock does not go back. */
  clear: EntryKey | undefined;
  /** Greatest realtime delivered of it, while that is past the frontier. */
  farthest: number | undefined;
  /** It has ended, and nothing will ever be added to it. */
  finished = false;
  /** Realtime of the last line: about what its clock showed; µs. */
  clock: number | undefined;
  /** When something was last heard of it, in ms. */
  heardAt: number;
  /** When its first waiting entry came, or was last held up by the reader; in ms. */
  headSince = 0;
  /** Bytes that wait. */
  waiting = 0;
  readonly #order: Order;
  #queue: (Entry | undefined)[] = [];
  #first = 0;
  /** Resumes behind everything that waits, when a watermark has said so. */
  #quietPosition: string | undefined;

  constructor(agentId: string, order: Order, resume: Resume, clear: EntryKey | undefined, now: number) {
    this.agentId = agentId;
    this.hash = agentHash(agentId);
    this.#order = order;
    this.resume = resume;
    this.readTo = resume;
    this.clear = clear;
    this.heardAt = now;
  }

  get head(): Entry | undefined {
    return this.#queue[this.#first];
  }

  push(entry: Entry): void {
    this.#queue.push(entry);
    this.waiting += entry.size;
    this.clock = entry.realtime;
    this.readTo = { position: entry.position };
    this.#quietPosition = undefined;
    const { clear } = this;
    const key = { realtime: entry.realtime, agentId: this.agentId };
    // Its clock has gone back: what was said of entries to come no longer holds.
    if (clear !== undefined && compareKeys(key, clear, this.#order) < 0) this.clear = this.#justBefore(key);
  }

  shift(): Entry | undefined {
    const entry = this.#queue[this.#first];
    if (entry === undefined) return undefined;
    this.waiting -= entry.size;
    // A lane that is never quite empty must not hold what was delivered.
    this.#queue[this.#first++] = undefined;
    if (2 * this.#first >= this.#queue.length) {
      this.#queue = this.#queue.slice(this.#first);
      this.#first = 0;
    }
    this.resume = { position: entry.position };
    const key = { realtime: entry.realtime, agentId: this.agentId };
    if (this.clear === undefined || compareKeys(key, this.clear, this.#order) > 0) this.clear = key;
    if (this.head === undefined && this.#quietPosition !== undefined) {
      this.resume = { position: this.#quietPosition };
      this.#quietPosition = undefined;
    }
    return entry;
  }

  /** Everything up to `position` has been looked at; it is passed when what waits has been delivered. */
  quietAt(position: string): void {
    this.readTo = { position };
    if (this.head === undefined) this.resume = { position };
    else this.#quietPosition = position;
  }

  #justBefore({ realtime }: EntryKey): EntryKey {
    return this.#order === 'asc'
      ? { realtime: realtime - 1, agentId: everyAgent }
      : { realtime: realtime + 1, agentId: '' };
  }
}
