import type { AgentSet } from './agent-set.ts';
import {
  type AbsentMembers,
  type ClusterCursor,
  type CursorFrontier,
  type CursorParts,
  cursorFormat,
  type Exception,
  maximumCursorLength,
  type Resume,
} from './cluster-cursor.ts';
import type { Order } from './entry-key.ts';
import { type Position, positionText, writePosition } from './packed-position.ts';

const { version, flag, kind, mark: marks, timeBytes, madeStep, reachedStep } = cursorFormat;
const maximumBytes = (maximumCursorLength / 4) * 3;
/** Bytes that exceptions may take with whole positions; beyond it they are given by time, if that says where they go on. */
const roomForPositions = 1_024;
/** Bytes that are left to those that can be given by time. */
const roomForTimes = 1_024;
/** The largest exception: a position that is not journald's, with its agent, its marks and its times. */
const exceptionBytes = 6 + 1 + 2 + 160 + 2 * timeBytes;
const hashBytes = 6;
const [flagsAt, queryAt, membersAt, timesAt] = [1, 2, 6, 14];

/** An encoded cursor. */
export interface EncodedCursor {
  readonly text: string;
  /** Agents that had no room: they go on at the frontier, or at a time, and entries of theirs may be missed or come twice. */
  readonly omitted: readonly number[];
}

/** What is told of an exception beside its place. */
interface ExceptionMarks extends Pick<Exception, 'farthest' | 'reachedAt' | 'told' | 'uncounted'> {
  /** Of all that was delivered of it: past its position's time no time says where it goes on. Undefined: that is not so. */
  readonly foremost?: number;
  /** When something was last heard of it, in ms as `now` of the cursor. */
  readonly heardAt?: number;
  /** What was heard of it and waits. */
  readonly head?: unknown;
}

const none: readonly number[] = [];

/**
 * Writes the cursors of one answer, base64url of at most {@link maximumCursorLength} characters. Every entry has one, so that
 * what is the same in all of them is written once, and no list is made of what is not.
 */
export class CursorEncoder {
  readonly #bytes = Buffer.alloc(maximumBytes + exceptionBytes);
  readonly #flags: number;
  /** Behind what is the same in all. */
  readonly #start: number;
  #members: AgentSet | undefined;
  #at = 0;
  #wholeUntil = 0;
  #made: number | undefined;
  #now = 0;
  #omitted: number[] | undefined;

  constructor({ query, start, since, until }: CursorParts, order: Order) {
    this.#bytes[0] = version;
    this.#flags =
      (order === 'desc' ? flag.desc : 0) |
      (start === undefined ? 0 : flag.start) |
      (since === undefined ? 0 : flag.since) |
      (until === undefined ? 0 : flag.until);
    this.#bytes.writeUInt32BE(query >>> 0, queryAt);
    this.#at = timesAt;
    for (const time of [start, since, until]) if (time !== undefined) this.#writeTime(time);
    this.#start = this.#at;
  }

  /**
   * Begins a cursor.
   *
   * @param made as {@link ClusterCursor} has it
   * @param now in ms, by the clock of what was heard
   * @param leavesOutEnded as {@link ClusterCursor} has it
   */
  begin(
    members: AgentSet,
    frontier: CursorFrontier | undefined,
    made: number | undefined,
    now = 0,
    leavesOutEnded = false,
  ): void {
    if (members !== this.#members) {
      this.#members = members;
      this.#bytes.writeUInt16BE(members.count, membersAt);
      this.#bytes.writeUIntBE(members.sum, membersAt + 2, hashBytes);
    }
    this.#at = this.#start;
    this.#omitted = undefined;
    this.#made = frontier === undefined ? undefined : made;
    this.#now = now;
    let flags = this.#flags | (leavesOutEnded ? flag.leavesOutEnded : 0);
    if (frontier !== undefined) {
      flags |= flag.frontier | (frontier.agent === undefined ? flag.ofAll : 0);
      this.#writeTime(frontier.realtime);
      if (frontier.agent !== undefined) this.#writeHash(frontier.agent);
      if (made !== undefined) {
        flags |= flag.made;
        this.#writeNumber(Math.floor((made - frontier.realtime) / madeStep));
      }
    }
    this.#bytes[flagsAt] = flags;
    this.#wholeUntil = this.#at + roomForPositions;
  }

  /** Whether there is room for what need not be there. */
  get isRoomy(): boolean {
    return this.#at <= this.#wholeUntil;
  }

  /** Adds an exception. */
  add(agent: number, resume: Resume, told: ExceptionMarks): void {
    const before = this.#at;
    this.#writeHash(agent);
    const time = before > this.#wholeUntil && 'position' in resume ? realtimeOf(resume.position) : undefined;
    const isSafe = time !== undefined && this.#isEnough(time, told.foremost);
    const isForced = time !== undefined && !isSafe && before > maximumBytes - roomForTimes;
    if (time !== undefined && (isSafe || isForced)) this.#writeBrief(time, told);
    else this.#writeWhole(resume, told);
    const isWhole = this.#at <= maximumBytes;
    if (!isWhole) this.#at = before;
    if (isWhole && !isForced) return;
    this.#omitted ??= [];
    this.#omitted.push(agent);
  }

  addAbsent({ members, from, reachedAt }: AbsentMembers): void {
    const before = this.#at;
    this.#writeHash(members.sum);
    this.#bytes[this.#at] = kind.absent | (reachedAt === undefined ? 0 : marks.reachedAt);
    this.#at = this.#bytes.writeUInt16BE(members.count, this.#at + 1);
    this.#writeTime(from);
    if (reachedAt !== undefined) this.#writeTime(reachedAt);
    if (this.#at > maximumBytes) this.#at = before;
  }

  end(): EncodedCursor {
    return { text: this.#bytes.toString('base64url', 0, this.#at), omitted: this.#omitted ?? none };
  }

  #writeWhole(resume: Resume, exception: ExceptionMarks): void {
    const { farthest, reachedAt } = exception;
    const bytes = this.#bytes;
    const isReached = reachedAt !== undefined && 'from' in resume;
    const mark = marksOf(exception) | (isReached ? marks.reachedAt : 0);
    if ('position' in resume) {
      bytes[this.#at] = kind.position | mark;
      this.#at = writePosition(bytes, this.#at + 1, resume.position);
    } else {
      bytes[this.#at++] = (resume.from === undefined ? kind.beginning : kind.from) | mark;
      if (resume.from !== undefined) this.#writeTime(resume.from);
    }
    if (farthest !== undefined) this.#writeTime(farthest);
    if (isReached) this.#writeTime(reachedAt);
  }

  /** @param time of the position, which its agent goes on beside */
  #writeBrief(time: number, exception: ExceptionMarks): void {
    const { farthest } = exception;
    const before = this.#reachedBefore(time, exception);
    this.#bytes[this.#at++] = kind.from | marksOf(exception) | (before === undefined ? 0 : marks.reachedBefore);
    this.#writeTime(this.#isDescending ? time - 1 : time + 1);
    if (farthest !== undefined) this.#writeTime(farthest);
    if (before !== undefined) this.#writeNumber(Math.ceil(before / reachedStep));
  }

  /** How long before the cursor was made all had been read that the agent had then, in µs: what waits of it has not been. */
  #reachedBefore(time: number, { heardAt, head }: ExceptionMarks): number | undefined {
    if (this.#made === undefined) return undefined;
    const written = Math.max(0, this.#made - time);
    if (heardAt === undefined) return written;
    const heard = Math.max(0, this.#now - heardAt) * 1_000;
    return head === undefined ? heard : Math.max(heard, written);
  }

  #isEnough(time: number, foremost = time): boolean {
    return this.#isDescending ? time <= foremost : time >= foremost;
  }

  get #isDescending(): boolean {
    return (this.#flags & flag.desc) !== 0;
  }

  #writeTime(time: number): void {
    const clamped = Math.min(Math.max(0, Math.floor(time)), Number.MAX_SAFE_INTEGER);
    this.#bytes[this.#at] = 0;
    this.#write48(clamped, this.#at + 1, Math.floor(clamped / 2 ** 32));
    if (clamped >= 2 ** 48) this.#bytes[this.#at] = Math.floor(clamped / 2 ** 48);
    this.#at += timeBytes;
  }

  #writeNumber(number: number): void {
    const bytes = this.#bytes;
    let at = this.#at;
    let left = number < 0 ? -2 * number - 1 : 2 * number;
    for (; left >= 2 ** 31; left = Math.floor(left / 0x80)) bytes[at++] = 0x80 | (left % 0x80);
    for (; left > 0x7f; left >>>= 7) bytes[at++] = 0x80 | (left & 0x7f);
    bytes[at++] = left;
    this.#at = at;
  }

  #writeHash(hash: number): void {
    this.#write48(hash, this.#at, Math.floor(hash / 2 ** 32));
    this.#at += hashBytes;
  }

  /** The lower 48 bits: a typed array keeps the lower eight of what is put into it. */
  #write48(value: number, at: number, high: number): void {
    const bytes = this.#bytes;
    const low = value >>> 0;
    bytes[at] = high >>> 8;
    bytes[at + 1] = high;
    bytes[at + 2] = low >>> 24;
    bytes[at + 3] = low >>> 16;
    bytes[at + 4] = low >>> 8;
    bytes[at + 5] = low;
  }
}

function marksOf({ farthest, told, uncounted }: ExceptionMarks): number {
  return (
    (farthest === undefined ? 0 : marks.farthest) |
    (told === true ? marks.told : 0) |
    (uncounted === true ? marks.uncounted : 0)
  );
}

/** The realtime of a position's entry, in µs; undefined of one that is not journald's. */
function realtimeOf(position: Position): number | undefined {
  const digits = /;t=([0-9a-f]{1,13});/.exec(positionText(position))?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 16);
}

/** One cursor as text. */
export function encodeCursor({
  order,
  leavesOutEnded,
  members,
  frontier,
  made,
  exceptions,
  absent,
  ...parts
}: ClusterCursor): EncodedCursor {
  const encoder = new CursorEncoder(parts, order);
  encoder.begin(members, frontier, made, 0, leavesOutEnded);
  for (const group of absent) encoder.addAbsent(group);
  for (const exception of exceptions) encoder.add(exception.agent, exception.resume, exception);
  return encoder.end();
}
