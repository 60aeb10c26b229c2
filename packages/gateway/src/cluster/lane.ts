import { agentHash } from './agent-set.ts';
import type { Resume } from './cluster-cursor.ts';
import { compareKeys, type EntryKey, everyAgent, type Order } from './entry-key.ts';
import { type Position, positionText } from './packed-position.ts';

/** An entry as it waits to be merged; what it is made of is not looked at. */
export interface MergeEntry {
  /** µs since 1970. */
  readonly realtime: number;
  /** Resumes after it. */
  readonly position: Position;
  /** What it takes in memory while it waits, in bytes. */
  readonly size: number;
  /** Called when neither it nor its position is needed any more, of a lane's entries in their order. */
  release?(): void;
}

/**
 * How an agent's stream stands.
 * - `starting`: it has not yet said that it has caught up with its journal; it is waited for with patience
 * - `live`: it tells of its entries as they are written, and of its clock by watermarks
 * - `silent`, `lost`: nothing was heard for too long, or the connection broke; it is not waited for
 * - `ended`: its range has been read to its end
 */
export type LaneState = 'starting' | 'live' | 'silent' | 'lost' | 'ended';

/** What is known of what a lane has delivered before. */
export interface LanePast {
  /** All up to this key: the frontier, for one that follows from it. */
  readonly clear?: EntryKey | undefined;
  /** As in the exception of a cursor. */
  readonly farthest?: number | undefined;
  readonly reachedAt?: number | undefined;
  /** Realtime that it has delivered nothing past but `farthest`. */
  readonly passed?: number | undefined;
}

/** Delivered entries that a queue holds places for before it is made anew. */
const mostSpent = 32;

/** One agent's entries within a merge, in that agent's own order, and what is known of those still to come. */
export class Lane<Entry extends MergeEntry> {
  readonly agentId: string;
  /** {@link agentHash} of it. */
  readonly hash: number;
  /** Of its first place, where that is a time: as in the exception of a cursor. */
  readonly reachedAt: number | undefined;
  /** Number of the cursor that it was listed in last. */
  listed = 0;
  state: LaneState = 'starting';
  /** What is still to be delivered of it lies past this key, if its clock does not go back. */
  clear: EntryKey | undefined;
  /** The furthest realtime that it has delivered, as far as it is known: nothing was past it. */
  foremost: number;
  /** Greatest realtime delivered of it, while that is past the frontier. */
  farthest: number | undefined;
  /** It has ended, and nothing will ever be added to it. */
  finished = false;
  /** Its task has ended: from when on cursors do not count it, µs since 1970. */
  uncountedFrom: number | undefined;
  /** Cursors do not count it now. */
  uncounted = false;
  /** Realtime of the last line: about what its clock showed; µs. */
  clock: number | undefined;
  /** When something was last heard of it, in ms. */
  heardAt: number;
  /** When its first waiting entry came, or was last held up by the reader; in ms. */
  headSince = 0;
  /** Realtimes of the last entry that was delivered, and of the one before. */
  last = Number.NaN;
  before = Number.NaN;
  /** Of the entry that is to be delivered next; meaningless while there is none. */
  headRealtime = 0;
  head: Entry | undefined;
  /** Bytes that wait. */
  waiting = 0;
  readonly #order: Order;
  /** What waits, the head first, behind places of what was delivered. */
  #queue: (Entry | undefined)[] = [];
  #first = 0;
  /** The last that was delivered: it is written after it was taken, and its position is needed until the next. */
  #delivered: Entry | undefined;
  /** When it is not behind {@link #delivered}. */
  #resume: Resume | undefined;
  #readTo: Resume | undefined;
  /** Resumes behind everything that waits, when a watermark has said so. */
  #quietPosition: string | undefined;

  constructor(
    agentId: string,
    order: Order,
    resume: Resume,
    { clear, farthest, reachedAt, passed }: LanePast,
    now: number,
  ) {
    this.agentId = agentId;
    this.hash = agentHash(agentId);
    this.#order = order;
    this.#resume = resume;
    this.#readTo = resume;
    this.clear = clear;
    this.reachedAt = reachedAt;
    this.foremost = farthest ?? passed ?? (order === 'asc' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY);
    this.heardAt = now;
  }

  /** Where to go on after all that was delivered of it. */
  get resume(): Resume {
    return this.#resume ?? { position: (this.#delivered as Entry).position };
  }

  /** Where to go on reading it: behind everything that was put in. */
  get readTo(): Resume {
    return this.#readTo ?? { position: positionText((this.#queue.at(-1) as Entry).position) };
  }

  push(entry: Entry): void {
    this.#queue.push(entry);
    if (this.head === undefined) this.#setHead(entry);
    this.waiting += entry.size;
    this.clock = entry.realtime;
    this.#readTo = undefined;
    this.#quietPosition = undefined;
    const { clear } = this;
    // Its clock has gone back: what was said of entries to come no longer holds.
    if (clear === undefined || this.#isInOrder(clear.realtime, entry.realtime)) return;
    const key = { realtime: entry.realtime, agentId: this.agentId };
    if (compareKeys(key, clear, this.#order) < 0) this.clear = this.#justBefore(key);
  }

  /** Whether nothing more is to be delivered of it, and nothing was past the frontier. */
  get isDrained(): boolean {
    return this.finished && this.head === undefined && this.farthest === undefined;
  }

  /** Takes the head out. @returns its key; undefined when there is none */
  shift(): EntryKey | undefined {
    const entry = this.head;
    if (entry === undefined) return undefined;
    this.waiting -= entry.size;
    // A lane that is never quite empty must not hold what was delivered.
    this.#queue[this.#first++] = undefined;
    const key = { realtime: entry.realtime, agentId: this.agentId };
    if (this.#isInOrder(this.foremost, entry.realtime)) this.foremost = entry.realtime;
    if (this.clear === undefined || compareKeys(key, this.clear, this.#order) > 0) this.clear = key;
    this.before = this.last;
    this.last = entry.realtime;
    this.#delivered?.release?.();
    this.#delivered = entry;
    if (this.#first < this.#queue.length) {
      this.#resume = undefined;
      this.#setHead(this.#queue[this.#first] as Entry);
      if (this.#first >= mostSpent) this.#forgetSpent();
    } else {
      this.#empty(entry);
    }
    return key;
  }

  /** Everything up to `position` has been looked at; it is passed when what waits has been delivered. */
  quietAt(position: string): void {
    this.#readTo = { position };
    if (this.head === undefined) this.#resume = { position };
    else this.#quietPosition = position;
  }

  #setHead(entry: Entry): void {
    this.head = entry;
    this.headRealtime = entry.realtime;
  }

  #forgetSpent(): void {
    this.#queue = this.#queue.slice(this.#first);
    this.#first = 0;
  }

  #empty(last: Entry): void {
    const position = positionText(last.position);
    this.head = undefined;
    this.#queue.length = 0;
    this.#first = 0;
    this.#readTo ??= { position };
    this.#resume = { position: this.#quietPosition ?? position };
    this.#quietPosition = undefined;
  }

  #isInOrder(before: number, after: number): boolean {
    return this.#order === 'asc' ? before < after : before > after;
  }

  #justBefore({ realtime }: EntryKey): EntryKey {
    return this.#order === 'asc'
      ? { realtime: realtime - 1, agentId: everyAgent }
      : { realtime: realtime + 1, agentId: '' };
  }
}
