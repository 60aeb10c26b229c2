import { formatCursor, wholeNode } from '@clusterlog/shared';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encoderFor } from '../../src/encode/encoder.ts';
import { EncodingCache } from '../../src/encode/encoding-cache.ts';
import { readRange } from '../../src/read/read-range.ts';
import { planV1, type V1Parameters } from '../../src/read/v1-plan.ts';
import { seekV1 } from '../../src/read/v1-position.ts';
import { cursorOfEntry } from '../../src/read/v3-progress.ts';
import { fieldsOf, MemorySource } from './memory-source.ts';

const cache = new EncodingCache();

async function range(source: MemorySource, parameters: V1Parameters) {
  const plan = planV1(parameters, { stream: false, scope: wholeNode });
  const walk = source.walk(plan.match);
  const start = await seekV1(walk, plan.position);
  const encoder = encoderFor('json', 'range', { cache, withheld: plan.withheld });
  const chunks = [];
  const options = { direction: plan.position.direction, limit: plan.limit };
  for await (const chunk of readRange(walk, encoder, options)) chunks.push(chunk);
  const lines = Buffer.concat(chunks).toString().split('\n').filter(Boolean);
  const messages: string[] = lines.map((line) => JSON.parse(line).fields.MESSAGE);
  return { messages: messages.join(' '), next: start.skippedNext, prev: start.skippedPrev, found: start.cursorFound };
}

/** m1 to m10 of one stream, with entries of another between them. */
function tenEntries(): MemorySource {
  const source = new MemorySource();
  for (let number = 1; number <= 10; number++) {
    source.append([
      ['MESSAGE', `m${number}`],
      ['STREAM', 'STDOUT'],
    ]);
    if (number % 3 === 0)
      source.append([
        ['MESSAGE', `e${number}`],
        ['STREAM', 'STDERR'],
      ]);
  }
  return source;
}

function cursorText(source: MemorySource, message: string): string {
  const entry = source.entries.find((one) => fieldsOf(one).some(([, value]) => value.toString() === message));
  if (entry === undefined) throw new Error(`no entry ${message}`);
  return formatCursor(cursorOfEntry(entry));
}

const all = 'm1 m2 m3 m4 m5 m6 m7 m8 m9 m10';

describe('without a cursor, reading starts', () => {
  it.each([
    ['at the first entry', {}, all, 0, 0],
    ['at the first entry with skip_next=1', { skip_next: '1' }, all, 1, 0],
    ['at the N-th entry with skip_next=N', { skip_next: '3', limit: '2' }, 'm3 m4', 3, 0],
    ['at the last entry with a skip_next past the end', { skip_next: '30' }, 'm10', 10, 0],
    ['N entries before the end with skip_prev=N', { skip_prev: '3' }, 'm8 m9 m10', 0, 3],
    ['at the first entry with a skip_prev past it', { skip_prev: '100' }, all, 0, 10],
    ['N entries before the end, whatever the limit', { skip_prev: '3', limit: '1' }, 'm8', 0, 3],
    ['where skip_prev says when skip_next is there too', { skip_prev: '2', skip_next: '3' }, 'm9 m10', 3, 2],
    ['at the newest entry in reverse', { read_reverse: 'true', limit: '2' }, 'm10 m9', 0, 0],
    [
      'at the newest entry in reverse with skip_prev=1',
      { read_reverse: '1', skip_prev: '1', limit: '2' },
      'm10 m9',
      0,
      1,
    ],
    ['at the N-th newest entry in reverse with skip_prev=N', { read_reverse: 't', skip_prev: '9' }, 'm2 m1', 0, 9],
    ['at the first entry in reverse with a skip_prev past it', { read_reverse: 'T', skip_prev: '99' }, 'm1', 0, 10],
    ['at the N-th entry in reverse with skip_next=N', { read_reverse: 'TRUE', skip_next: '3' }, 'm3 m2 m1', 3, 0],
  ])('%s', async (_, parameters, messages, next, prev) => {
    const answer = await range(tenEntries(), { filter: 'STREAM:STDOUT', ...parameters });
    expect(answer).toEqual({ messages, next, prev, found: undefined });
  });

  it('nowhere in an empty journal', async () => {
    for (const parameters of [{}, { skip_next: '2' }, { skip_prev: '2' }, { read_reverse: 'true', skip_prev: '1' }]) {
      expect(await range(new MemorySource(), parameters)).toEqual({ messages: '', next: 0, prev: 0, found: undefined });
    }
  });
});

describe('with the cursor of m5, reading starts', () => {
  it.each([
    ['after it', {}, 'm6 m7 m8 m9 m10', 0, 0],
    ['after it with skip_next=1', { skip_next: '1', limit: '1' }, 'm6', 1, 0],
    ['N entries after it with skip_next=N', { skip_next: '3' }, 'm8 m9 m10', 3, 0],
    ['at the last entry with a skip_next past the end', { skip_next: '30' }, 'm10', 5, 0],
    ['N entries before it with skip_prev=N, and runs through it', { skip_prev: '2', limit: '4' }, 'm3 m4 m5 m6', 0, 2],
    ['at the first entry with a skip_prev past it', { skip_prev: '10', limit: '10' }, all, 0, 4],
    ['before it in reverse', { read_reverse: 'true', limit: '2' }, 'm4 m3', 0, 0],
    [
      'two after it in reverse with skip_next=2',
      { read_reverse: 'true', skip_next: '2', limit: '3' },
      'm7 m6 m5',
      2,
      0,
    ],
    ['two before it in reverse with skip_prev=2', { read_reverse: 'true', skip_prev: '2' }, 'm3 m2 m1', 0, 2],
    ['where both skips lead', { skip_next: '3', skip_prev: '1', limit: '2' }, 'm7 m8', 3, 1],
    ['after it when both skips lead back to it', { skip_next: '3', skip_prev: '3', limit: '2' }, 'm6 m7', 3, 3],
    [
      'before it in reverse when both skips lead back to it',
      { read_reverse: 'true', skip_next: '3', skip_prev: '3' },
      'm4 m3 m2 m1',
      3,
      3,
    ],
    ['before it when skip_prev is the greater', { skip_next: '2', skip_prev: '4', limit: '2' }, 'm3 m4', 2, 4],
  ])('%s', async (_, parameters, messages, next, prev) => {
    const source = tenEntries();
    const cursor = encodeURIComponent(cursorText(source, 'm5'));
    const answer = await range(source, { filter: 'STREAM:STDOUT', cursor, ...parameters });
    expect(answer).toEqual({ messages, next, prev, found: 'exact' });
  });
});

describe('with a cursor at an end of the journal', () => {
  it('nothing older is there to skip: reading starts after it all the same', async () => {
    const source = tenEntries();
    const answer = await range(source, { cursor: cursorText(source, 'm1'), skip_prev: '5', limit: '1' });
    expect(answer).toMatchObject({ messages: 'm2', prev: 0 });
  });

  it('there is nothing in reverse before the first entry', async () => {
    const source = tenEntries();
    const cursor = cursorText(source, 'm1');
    expect(await range(source, { cursor, read_reverse: 'true' })).toMatchObject({ messages: '' });
    expect(await range(source, { cursor, read_reverse: 'true', skip_prev: '3' })).toMatchObject({
      messages: '',
      prev: 0,
    });
  });

  it('there is nothing after the last entry, whatever is skipped', async () => {
    const source = tenEntries();
    const cursor = cursorText(source, 'm10');
    expect(await range(source, { cursor })).toMatchObject({ messages: '' });
    expect(await range(source, { cursor, skip_next: '3' })).toMatchObject({ messages: '', next: 0 });
  });
});

describe('with a cursor whose entry is gone', () => {
  it('the nearest later entry comes first', async () => {
    const source = tenEntries();
    const cursor = cursorText(source, 'm5');
    source.entries.splice(3, 3);
    expect(await range(source, { cursor, limit: '2' })).toMatchObject({ messages: 'm6 e6', found: 'nearest' });
    expect(await range(source, { cursor, skip_next: '1', limit: '1' })).toMatchObject({ messages: 'm6', next: 1 });
  });

  it('only older entries come in reverse', async () => {
    const source = tenEntries();
    const cursor = cursorText(source, 'm5');
    source.entries.splice(3, 3);
    expect(await range(source, { cursor, read_reverse: 'true' })).toMatchObject({
      messages: 'm3 m2 m1',
      found: 'nearest',
    });
  });

  it('nothing comes when nothing is at or after it', async () => {
    const source = tenEntries();
    const cursor = cursorText(source, 'm9');
    source.entries.splice(-3);
    expect(await range(source, { cursor })).toMatchObject({ messages: '', found: 'nearest' });
    expect(await range(source, { cursor, skip_prev: '2' })).toMatchObject({ messages: 'm7 m8', prev: 2 });
  });

  it('and with one whose entry does not match, the nearest matching ones count', async () => {
    const source = tenEntries();
    const cursor = cursorText(source, 'e6');
    const query = { cursor, filter: 'STREAM:STDOUT', limit: '1' };
    expect(await range(source, query)).toMatchObject({ messages: 'm7' });
    expect(await range(source, { ...query, read_reverse: 'true' })).toMatchObject({ messages: 'm6' });
    expect(await range(source, { ...query, skip_prev: '2' })).toMatchObject({ messages: 'm5', prev: 2 });
  });
});

/**
 * The written-down rule, over the list of matching entries in which the cursor's entry c has its place even when it is gone
 * or does not match: c + skip_next - skip_prev, each as far as the list goes; c itself is left out when that is where it
 * leads.
 */
function naivePosition(line: readonly { message: string; shown: boolean; isCursor: boolean }[], query: Query) {
  const { skipNext, skipPrev, limit, reverse } = query;
  const cursorAt = line.findIndex((one) => one.isCursor);
  let at: number;
  let next: number;
  let prev: number;
  if (cursorAt === -1) {
    next = Math.min(skipNext, line.length);
    prev = Math.min(skipPrev, line.length);
    if (skipPrev > 0) at = line.length - prev;
    else if (skipNext > 0) at = next - 1;
    else at = reverse ? line.length - 1 : 0;
  } else {
    next = Math.min(skipNext, line.length - 1 - cursorAt);
    prev = Math.min(skipPrev, cursorAt + next);
    at = cursorAt + next - prev;
    if (at === cursorAt) at += reverse ? -1 : 1;
  }
  const rest = reverse ? line.slice(0, at + 1).reverse() : line.slice(Math.max(at, 0));
  const shown = rest.filter((one) => one.shown).map((one) => one.message);
  return { messages: shown.slice(0, limit === 0 ? undefined : limit).join(' '), next, prev };
}

interface Query {
  readonly skipNext: number;
  readonly skipPrev: number;
  readonly limit: number;
  readonly reverse: boolean;
}

describe('any combination of cursor, skips, limit, direction and filter', () => {
  it('starts where the written-down rule says', async () => {
    const few = fc.oneof(fc.constant(0), fc.nat(4), fc.nat(14));
    const world = fc.record({
      entries: fc.array(fc.record({ stdout: fc.boolean(), gone: fc.boolean() }), { maxLength: 10 }),
      cursor: fc.option(fc.nat(9)),
      filtered: fc.boolean(),
      skipNext: few,
      skipPrev: few,
      limit: few,
      reverse: fc.boolean(),
      slice: fc.integer({ min: 1, max: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(world, async ({ entries, cursor, filtered, slice, ...query }) => {
        const source = new MemorySource();
        source.slice = slice;
        const written = entries.map((entry, index) => ({
          ...entry,
          message: `m${index}`,
          isCursor: index === cursor,
          entry: source.append([
            ['MESSAGE', `m${index}`],
            ['STREAM', entry.stdout ? 'STDOUT' : 'STDERR'],
          ]),
        }));
        const line = written
          .map((one) => ({ ...one, shown: !one.gone && (one.stdout || !filtered) }))
          .filter((one) => one.shown || one.isCursor);
        const cursorEntry = written.find((one) => one.isCursor)?.entry;
        const parameters = {
          filter: filtered ? ['stream:STDOUT'] : [],
          cursor: cursorEntry === undefined ? '' : formatCursor(cursorOfEntry(cursorEntry)),
          skip_next: `${query.skipNext}`,
          skip_prev: `${query.skipPrev}`,
          limit: `${query.limit}`,
          read_reverse: `${query.reverse}`,
        };
        for (const one of written) if (one.gone) source.remove(one.entry);
        const { found: _, ...answer } = await range(source, parameters);
        expect(answer).toEqual(naivePosition(line, query));
      }),
      { numRuns: 1500 },
    );
  });
});
