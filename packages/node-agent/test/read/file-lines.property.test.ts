import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { app, eventsOf, TaskWorld } from '../routes/task-world.ts';

/** The lines of a piece of a file, without their ends; a last piece that nothing ends is a line as well. */
function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  if (start < bytes.length) lines.push(bytes.subarray(start));
  return lines;
}

interface Query {
  readonly cursor: number | 'END' | 'BEG' | undefined;
  readonly skip: number | undefined;
  readonly limit: number | undefined;
  readonly lastEventId: number | undefined;
}

/** What dcos-log v2 gives where it has no bugs, the slow and plain way. */
function naive(file: Buffer, { cursor, skip = 0, limit = 0, lastEventId }: Query): Buffer {
  const after = (position: number, isId: boolean) =>
    file[position] === 0x0a && (position > 0 || isId) ? position + 1 : position;
  const given = cursor === 'END' ? file.length : cursor === 'BEG' || cursor === undefined ? 0 : cursor;
  const from = lastEventId === undefined ? after(given, false) : after(lastEventId, true);
  const skipped = lastEventId === undefined ? skip : 0;
  const most = lastEventId === undefined && limit > 0 ? limit : Number.POSITIVE_INFINITY;
  let lines = linesOf(file.subarray(from));
  if (skipped > 0) lines = lines.slice(skipped);
  if (skipped < 0) {
    const back = linesOf(file.subarray(0, from)).slice(skipped);
    const start = Math.min(from, file.length) - back.reduce((sum, line) => sum + line.length + 1, 0);
    // The last line back may have no end of its own.
    const isCut = from > 0 && file[Math.min(from, file.length) - 1] !== 0x0a;
    lines = linesOf(file.subarray(Math.max(0, start + (isCut ? 1 : 0))));
  }
  return Buffer.concat(lines.slice(0, most).flatMap((line) => [line, Buffer.from('\n')]));
}

/** Files of few and many lines, blank ones, long ones, with and without a last newline, in all bytes. */
const line = fc.oneof(
  { weight: 4, arbitrary: fc.uint8Array({ maxLength: 12 }) },
  { weight: 2, arbitrary: fc.constant(new Uint8Array(0)) },
  { weight: 1, arbitrary: fc.nat({ max: 140_000 }).map((length) => new Uint8Array(length).fill(0x78)) },
);
const smallFile = fc.array(line, { maxLength: 30 }).chain((lines) =>
  fc.boolean().map((ended) => {
    const text = Buffer.concat(lines.flatMap((bytes) => [Buffer.from(bytes), Buffer.from('\n')]));
    return ended ? text : text.subarray(0, -1);
  }),
);
const largeFile = fc
  .record({ count: fc.integer({ min: 1, max: 40_000 }), width: fc.integer({ min: 0, max: 20 }), ended: fc.boolean() })
  .map(({ count, width, ended }) => {
    const lines = Array.from({ length: count }, (_, at) => String(at).padStart(at % (width + 1), 'é'));
    return Buffer.from(lines.join('\n') + (ended ? '\n' : ''));
  });
const file = fc.oneof({ weight: 3, arbitrary: smallFile }, { weight: 1, arbitrary: largeFile });

/** Positions that matter: anywhere, at newlines, and around the ends and the reads of 64 KiB. */
function positionIn(bytes: Buffer) {
  const newlines = linesOf(bytes).reduce<number[]>(
    (ends, { length }) => [...ends.slice(-99), (ends.at(-1) ?? -1) + length + 1],
    [],
  );
  return fc.oneof(
    fc.nat({ max: bytes.length + 2 }),
    fc.constantFrom(0, bytes.length, 65_535, 65_536, 65_537, ...newlines),
  );
}

const count = fc.oneof(fc.integer({ min: -12, max: 12 }), fc.integer({ min: -45_000, max: 45_000 }));
const asked = file.chain((bytes) =>
  fc.record({
    bytes: fc.constant(bytes),
    query: fc.record({
      cursor: fc.oneof(fc.constantFrom('END' as const, 'BEG' as const, undefined), positionIn(bytes)),
      skip: fc.option(count, { nil: undefined }),
      limit: fc.option(count, { nil: undefined }),
      lastEventId: fc.option(positionIn(bytes), { nil: undefined, freq: 8 }),
    }),
  }),
);

let world: TaskWorld;
beforeAll(async () => {
  world = await TaskWorld.start();
});
afterAll(() => world.stop());

function rest({ cursor, skip, limit }: Query): string {
  const parameters = Object.entries({ cursor, skip, limit }).filter(([, value]) => value !== undefined);
  return `stdout?${parameters.map((pair) => pair.join('=')).join('&')}`;
}

describe('a file read through the Mesos agent, whatever it holds', () => {
  it('gives the lines that a plain reading of the whole file gives', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(asked, async ({ bytes, query }) => {
        // An empty file would be looked for in the journal.
        fc.pre(bytes.length > 0);
        world.write(app, 'stdout', bytes);
        const headers = query.lastEventId === undefined ? undefined : { 'last-event-id': String(query.lastEventId) };
        const read = await world.read(app, rest(query), headers === undefined ? {} : { headers });
        expect(read.equals(naive(bytes, query))).toBe(true);
      }),
      { numRuns: 150, seed: 4 },
    );
  });

  it('gives as events, each resumed from the one before, every line once', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(smallFile, async (bytes) => {
        const ended = bytes.subarray(0, bytes.lastIndexOf(0x0a) + 1);
        fc.pre(ended.length > 0);
        world.write(app, 'stdout', bytes);
        const lines = linesOf(ended);
        const cut = Math.floor(lines.length / 2);
        const seen: { id: string | undefined; message: string }[] = [];
        for (const until of [cut, lines.length]) {
          if (seen.length >= until) continue;
          const last = seen.at(-1)?.id;
          const answer = await world.ask(app, 'stdout', {
            headers: { accept: 'text/event-stream', ...(last === undefined ? {} : { 'last-event-id': last }) },
          });
          for await (const { id, data } of eventsOf(answer)) {
            if (data === undefined) continue;
            seen.push({ id, message: (JSON.parse(data) as { fields: { MESSAGE: string } }).fields.MESSAGE });
            if (seen.length === until) break;
          }
        }
        expect(seen.length).toBe(lines.length);
        for (const [at, { message }] of seen.entries()) {
          const whole = lines[at] as Buffer;
          const text = whole.toString();
          if (whole.length < 10_000) expect(message).toBe(byGo(whole));
          else expect(text.startsWith(message.slice(0, 10_000))).toBe(true);
        }
      }),
      { numRuns: 60, seed: 4 },
    );
  });
});

/** Go's JSON writes each byte that is not part of UTF-8 as one replacement character. */
function byGo(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const size = [1, 2, 3, 4].find((length) => isCharacter(bytes.subarray(at, at + length), length));
    text += size === undefined ? '\ufffd' : bytes.toString('utf8', at, at + size);
    at += size ?? 1;
  }
  return text;
}

function isCharacter(bytes: Buffer, length: number): boolean {
  if (bytes.length !== length) return false;
  try {
    return [...new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)].length === 1;
  } catch {
    return false;
  }
}
