import type { AgentSet } from './agent-set.ts';
import { agentHash } from './agent-set.ts';
import { type EntryKey, everyAgent, type Order } from './entry-key.ts';
import { readPosition, writePosition } from './packed-position.ts';

/**
 * Where to go on in one agent's journal: after a position (before it, newest first); or at its first entry in its own order
 * at or after a realtime (newest first: its last one at or before it); or at the beginning of the order.
 */
export type Resume = { readonly position: string } | { readonly from: number } | { readonly from: undefined };

/** An agent whose place does not follow from the frontier. */
export interface Exception {
  /** {@link agentHash} of its id. */
  readonly agent: number;
  readonly resume: Resume;
  /** Greatest realtime delivered of it, where that is past the frontier. */
  readonly farthest?: number;
  /** Nobody knew it at a resume before, and the reader has been told so. */
  readonly told?: boolean;
}

/**
 * A place in the merged log of a cluster: a frontier, and exceptions.
 *
 * An agent that is neither an exception nor the frontier's own goes on at its first entry, in its own order, whose key is
 * past the frontier, if it was a member of the stream; a new member begins at `start`.
 */
export interface ClusterCursor {
  readonly order: Order;
  /** Of the scope and filters that it belongs to: 32 bits. */
  readonly query: number;
  readonly members: AgentSet;
  /** From when on new members are read, and what relative times were resolved to; µs since 1970. */
  readonly start: number | undefined;
  readonly since: number | undefined;
  readonly until: number | undefined;
  /** Greatest key delivered in order; undefined before the first. */
  readonly frontier:
    | {
        readonly realtime: number /** {@link agentHash}; undefined: of all agents. */;
        readonly agent: number | undefined;
      }
    | undefined;
  readonly exceptions: readonly Exception[];
}

/** What an encoded cursor may take, in characters: it travels in a header. */
export const maximumCursorLength = 4_096;
const maximumBytes = (maximumCursorLength / 4) * 3;
/** Bytes that exceptions may take with whole positions; beyond it they are given by time. */
const roomForPositions = 1_024;
/** A position of journald, packed, with its agent and mark. */
const positionBytes = 6 + 1 + 2 + 16 + 8 + 16 + 8 + 8 + 8 + 7;

const version = 1;
const flag = { desc: 1, frontier: 2, ofAll: 4, start: 8, since: 16, until: 32 } as const;
const kind = { from: 0, position: 1, beginning: 2 } as const;
const [withFarthest, wasTold] = [0x80, 0x40];
const timeBytes = 7;

/** A cursor that cannot be read: not one of ours, or cut off on its way. */
export class CursorFormatError extends Error {
  override readonly name = 'CursorFormatError';
}

const buffer = Buffer.alloc(maximumBytes + positionBytes + 200);

/** An encoded cursor. */
export interface EncodedCursor {
  readonly text: string;
  /** Agents that had no room: they go on at the frontier, and what of theirs was not delivered before it is missed. */
  readonly omitted: readonly number[];
}

/** The cursor as text: base64url, at most {@link maximumCursorLength} characters. */
export function encodeCursor(cursor: ClusterCursor): EncodedCursor {
  const { order, query, members, start, since, until, frontier, exceptions } = cursor;
  let at = 0;
  buffer[at++] = version;
  buffer[at++] =
    (order === 'desc' ? flag.desc : 0) |
    (frontier === undefined ? 0 : flag.frontier) |
    (frontier !== undefined && frontier.agent === undefined ? flag.ofAll : 0) |
    (start === undefined ? 0 : flag.start) |
    (since === undefined ? 0 : flag.since) |
    (until === undefined ? 0 : flag.until);
  at = buffer.writeUInt32BE(query >>> 0, at);
  at = buffer.writeUInt16BE(members.count, at);
  at = buffer.writeUIntBE(members.sum, at, 6);
  for (const time of [start, since, until]) if (time !== undefined) at = writeTime(time, at);
  if (frontier !== undefined) {
    at = writeTime(frontier.realtime, at);
    if (frontier.agent !== undefined) at = buffer.writeUIntBE(frontier.agent, at, 6);
  }
  const omitted: number[] = [];
  const wholeUntil = at + roomForPositions;
  for (const exception of exceptions) {
    const end = writeException(exception, at, at > wholeUntil);
    if (end > maximumBytes) omitted.push(exception.agent);
    else at = end;
  }
  return { text: buffer.toString('base64url', 0, at), omitted };
}

function writeException({ agent, resume, farthest, told }: Exception, offset: number, briefly: boolean): number {
  if (offset + positionBytes > buffer.length) return Number.POSITIVE_INFINITY;
  let at = buffer.writeUIntBE(agent, offset, 6);
  const mark = (farthest === undefined ? 0 : withFarthest) | (told === true ? wasTold : 0);
  const brief = briefly && 'position' in resume ? realtimeAfter(resume.position) : undefined;
  if (brief !== undefined) {
    buffer[at++] = kind.from | mark;
    at = writeTime(brief, at);
  } else if ('position' in resume) {
    buffer[at++] = kind.position | mark;
    at = writePosition(buffer, at, resume.position);
  } else if (resume.from !== undefined) {
    buffer[at++] = kind.from | mark;
    at = writeTime(resume.from, at);
  } else {
    buffer[at++] = kind.beginning | mark;
  }
  return farthest === undefined ? at : writeTime(farthest, at);
}

/** The µs after a position's, which is where its agent goes on as long as its clock has not gone back. */
function realtimeAfter(position: string): number | undefined {
  const digits = /;t=([0-9a-f]{1,13});/.exec(position)?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 16) + 1;
}

function writeTime(time: number, at: number): number {
  const clamped = Math.min(Math.max(0, Math.floor(time)), Number.MAX_SAFE_INTEGER);
  buffer.writeUIntBE(Math.floor(clamped / 2 ** 32), at, timeBytes - 4);
  return buffer.writeUInt32BE(clamped % 2 ** 32, at + timeBytes - 4);
}

/**
 * Reads an encoded cursor.
 *
 * @throws CursorFormatError
 */
export function decodeCursor(text: string): ClusterCursor {
  if (text.length > maximumCursorLength || !/^[\w-]+$/.test(text)) throw notOurs();
  const source = Buffer.from(text, 'base64url');
  try {
    return read(source);
  } catch (error) {
    if (error instanceof RangeError) throw notOurs();
    throw error;
  }
}

function read(source: Buffer): ClusterCursor {
  if (source.readUInt8(0) !== version) throw notOurs();
  const flags = source.readUInt8(1);
  let at = 14;
  const time = (): number => {
    const value = source.readUIntBE(at, timeBytes - 4) * 2 ** 32 + source.readUInt32BE(at + timeBytes - 4);
    at += timeBytes;
    if (!Number.isSafeInteger(value)) throw notOurs();
    return value;
  };
  const agent = (): number => {
    at += 6;
    return source.readUIntBE(at - 6, 6);
  };
  const start = flags & flag.start ? time() : undefined;
  const since = flags & flag.since ? time() : undefined;
  const until = flags & flag.until ? time() : undefined;
  const frontier =
    flags & flag.frontier ? { realtime: time(), agent: flags & flag.ofAll ? undefined : agent() } : undefined;
  const exceptions: Exception[] = [];
  while (at < source.length) {
    const of = agent();
    const mark = source.readUInt8(at++);
    let resume: Resume;
    switch (mark & ~(withFarthest | wasTold)) {
      case kind.position: {
        const { position, end } = readPosition(source, at);
        at = end;
        resume = { position };
        break;
      }
      case kind.from:
        resume = { from: time() };
        break;
      case kind.beginning:
        resume = { from: undefined };
        break;
      default:
        throw notOurs();
    }
    exceptions.push({
      agent: of,
      resume,
      ...(mark & withFarthest ? { farthest: time() } : {}),
      ...(mark & wasTold ? { told: true } : {}),
    });
  }
  return {
    order: flags & flag.desc ? 'desc' : 'asc',
    query: source.readUInt32BE(2),
    members: { count: source.readUInt16BE(6), sum: source.readUIntBE(8, 6) },
    start,
    since,
    until,
    frontier,
    exceptions,
  };
}

function notOurs(): CursorFormatError {
  return new CursorFormatError('expected a cursor of this cluster as an earlier answer gave it, found something else');
}

/** Where a member goes on that is neither an exception nor the frontier's own: at its first entry past the frontier. */
export function resumeAfter(frontier: EntryKey, agentId: string, order: Order): Resume {
  if (frontier.agentId === everyAgent) return { from: frontier.realtime + (order === 'asc' ? 1 : 0) };
  if (order === 'asc') return { from: frontier.realtime + (agentId <= frontier.agentId ? 1 : 0) };
  return { from: Math.max(0, frontier.realtime - (agentId >= frontier.agentId ? 1 : 0)) };
}

/** The key that a cursor's frontier stands for, when the agents of the cluster are known by their hashes. */
export function frontierKey(
  frontier: NonNullable<ClusterCursor['frontier']>,
  idOf: (hash: number) => string | undefined,
): EntryKey {
  const { realtime, agent } = frontier;
  if (agent === undefined) return { realtime, agentId: everyAgent };
  const agentId = idOf(agent);
  return agentId === undefined ? { realtime, agentId: '', agentHash: agent } : { realtime, agentId };
}
