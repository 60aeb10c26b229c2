import {
  type AbsentMembers,
  type ClusterCursor,
  cursorFormat,
  type Exception,
  maximumCursorLength,
  mostAbsent,
  type Resume,
} from './cluster-cursor.ts';
import { readPosition } from './packed-position.ts';

const { version, flag, kind, mark: marks, timeBytes, madeStep, reachedStep } = cursorFormat;

/** A cursor that cannot be read: not one of ours, or cut off on its way. */
export class CursorFormatError extends Error {
  override readonly name = 'CursorFormatError';
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
  const number = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = source.readUInt8(at++);
      value += (byte & 0x7f) * scale;
      if (!Number.isSafeInteger((value * madeStep) / 2)) throw notOurs();
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
  };
  const start = flags & flag.start ? time() : undefined;
  const since = flags & flag.since ? time() : undefined;
  const until = flags & flag.until ? time() : undefined;
  const frontier =
    flags & flag.frontier ? { realtime: time(), agent: flags & flag.ofAll ? undefined : agent() } : undefined;
  const made = frontier !== undefined && flags & flag.made ? frontier.realtime + number() * madeStep : undefined;
  const exceptions: Exception[] = [];
  const absent: AbsentMembers[] = [];
  while (at < source.length) {
    const of = agent();
    const mark = source.readUInt8(at++);
    let resume: Resume;
    const isReached = (mark & marks.reachedAt) !== 0;
    if ((mark & ~marks.reachedAt) === kind.absent) {
      if (absent.length === mostAbsent) throw notOurs();
      const count = source.readUInt16BE(at);
      at += 2;
      absent.push({ members: { count, sum: of }, from: time(), ...(isReached ? { reachedAt: time() } : {}) });
      continue;
    }
    switch (mark & ~(marks.farthest | marks.told | marks.reachedAt | marks.reachedBefore | marks.uncounted)) {
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
    const farthest = mark & marks.farthest ? time() : undefined;
    let reachedAt = isReached ? time() : undefined;
    if (mark & marks.reachedBefore) reachedAt = (made ?? 0) - number() * reachedStep;
    exceptions.push({
      agent: of,
      resume,
      ...(farthest === undefined ? {} : { farthest }),
      ...(reachedAt === undefined ? {} : { reachedAt }),
      ...(mark & marks.told ? { told: true } : {}),
      ...(mark & marks.uncounted ? { uncounted: true } : {}),
    });
  }
  return {
    order: flags & flag.desc ? 'desc' : 'asc',
    query: source.readUInt32BE(2),
    members: { count: source.readUInt16BE(6), sum: source.readUIntBE(8, 6) },
    leavesOutEnded: (flags & flag.leavesOutEnded) !== 0,
    start,
    since,
    until,
    frontier,
    made,
    exceptions,
    absent,
  };
}

function notOurs(): CursorFormatError {
  return new CursorFormatError('expected a cursor of this cluster as an earlier answer gave it, found something else');
}
