import { describe, expect, it, vi } from 'vitest';
import { encoderFor } from '../../src/encode/encoder.ts';
import { EncodingCache } from '../../src/encode/encoding-cache.ts';
import { chunkSize } from '../../src/encode/output-buffer.ts';
import { equals, everything } from '../../src/journal/match.ts';
import type { Gap } from '../../src/journal/source.ts';
import { readRange } from '../../src/read/read-range.ts';
import { MemorySource } from './memory-source.ts';

const options = { cache: new EncodingCache() };

function sourceOf(count: number, size = 10): MemorySource {
  const source = new MemorySource();
  for (let number = 0; number < count; number++) source.append([['MESSAGE', `${number} `.padEnd(size, '.')]]);
  return source;
}

async function textOf(chunks: AsyncIterable<Buffer>): Promise<string> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString();
}

describe('a range', () => {
  it('has every entry in order, whatever the slices, and closes its walk once', async () => {
    for (const slice of [1, 7, Number.POSITIVE_INFINITY]) {
      const source = sourceOf(3000);
      source.slice = slice;
      const walk = source.walk(everything);
      const text = await textOf(readRange(walk, encoderFor('text', 'range', options)));
      const numbers = text
        .trimEnd()
        .split('\n')
        .map((line) => Number(/: (\d+) /.exec(line)?.[1]));
      expect(numbers).toEqual(Array.from({ length: 3000 }, (_, number) => number));
      expect(walk.closed).toBe(1);
    }
  });

  it('has at most as many entries as the limit says, those that print nothing included', async () => {
    const source = sourceOf(2);
    source.append([['PRIORITY', '6']]);
    source.append([['MESSAGE', 'beyond']]);
    const walk = source.walk(everything);
    const text = await textOf(readRange(walk, encoderFor('text', 'range', options), { limit: 3 }));
    expect(text.split('\n')).toHaveLength(3);
    expect(walk.delivered).toBe(3);
  });

  it('hands over the gaps that its walk meets, and has all entries', async () => {
    const source = sourceOf(10);
    const gap: Gap = { reason: 'vacuumed', since: 1, until: 2, entries: 3 };
    const walk = source.walk(everything);
    walk.gaps.push(gap, gap);
    const gaps: Gap[] = [];
    const text = await textOf(readRange(walk, encoderFor('text', 'range', options), { gaps }));
    expect(gaps).toEqual([gap, gap]);
    expect(text.trimEnd().split('\n')).toHaveLength(10);
  });

  it('without a match has no chunk at all, so that the answer can be 204', async () => {
    const source = sourceOf(3);
    const range = readRange(source.walk(equals('STREAM', 'none')), encoderFor('json', 'range', options));
    expect(await range.peek()).toEqual({ done: true, value: undefined });
    expect(source.walks[0]?.closed).toBe(1);
  });

  it('with entries that print nothing has no chunk either', async () => {
    const source = new MemorySource();
    source.append([['PRIORITY', '6']]);
    const range = readRange(source.walk(everything), encoderFor('text', 'range', options));
    expect((await range.peek()).done).toBe(true);
  });

  it('of events without a match is one ping', async () => {
    const source = sourceOf(3);
    const range = readRange(source.walk(equals('STREAM', 'none')), encoderFor('sse', 'range', options));
    expect(await textOf(range)).toBe(': ping\n\n');
  });

  it('shows its first chunk without losing it', async () => {
    const range = readRange(sourceOf(1).walk(everything), encoderFor('text', 'range', options));
    const { value } = await range.peek();
    expect(value?.toString()).toContain('0 ');
    expect(await textOf(range)).toBe(value?.toString());
  });

  it('reads no further than it is pulled', async () => {
    const source = sourceOf(10_000, 100);
    const walk = source.walk(everything);
    const range = readRange(walk, encoderFor('text', 'range', options));
    const { value } = await range.next();
    expect(value?.length).toBeGreaterThanOrEqual(chunkSize);
    const delivered = walk.delivered;
    await new Promise((resolve) => setImmediate(resolve));
    expect(walk.delivered).toBe(delivered);
    expect(delivered * 100).toBeLessThan(2 * chunkSize);
    await range.return();
    expect(walk.closed).toBe(1);
  });

  it('gives the event loop its turn while it reads', async () => {
    const source = sourceOf(2000);
    source.slice = 1;
    let turns = 0;
    let running = true;
    const count = (): void => {
      turns++;
      if (running) setImmediate(count);
    };
    setImmediate(count);
    await textOf(readRange(source.walk(everything), encoderFor('text', 'range', options)));
    running = false;
    expect(turns).toBeGreaterThan(1000);
  });

  it('shows a rare match while the search goes on', async () => {
    const source = sourceOf(0);
    source.append([['MESSAGE', 'found']]);
    const walk = source.walk(everything);
    let slices = 0;
    // Nothing but slices from the second read on: a search that finds nothing more.
    const read = walk.read.bind(walk);
    vi.spyOn(walk, 'read').mockImplementation(async (direction, visit) => {
      if (slices++ === 0) await read(direction, visit);
      return 'slice';
    });
    const range = readRange(walk, encoderFor('text', 'range', options));
    expect((await range.next()).value?.toString()).toContain('found');
    await range.return();
  });

  it('that is aborted rejects, so that it never looks complete, and closes its walk', async () => {
    const source = sourceOf(10_000, 100);
    const walk = source.walk(everything);
    const controller = new AbortController();
    const range = readRange(walk, encoderFor('text', 'range', options), { signal: controller.signal });
    await range.next();
    const reason = new Error('over');
    controller.abort(reason);
    await expect(range.next()).rejects.toBe(reason);
    await vi.waitFor(() => expect(walk.closed).toBe(1));
  });

  it('that is given up before it was begun closes its walk all the same', async () => {
    const walk = sourceOf(1).walk(everything);
    await readRange(walk, encoderFor('text', 'range', options)).return();
    expect(walk.closed).toBe(1);
  });

  it('passes on what reading fails with, and closes its walk', async () => {
    const walk = sourceOf(1).walk(everything);
    vi.spyOn(walk, 'read').mockRejectedValue(new Error('disk'));
    const range = readRange(walk, encoderFor('text', 'range', options));
    await expect(range.next()).rejects.toThrow('disk');
    expect(walk.closed).toBe(1);
  });

  it('as a Node stream ends when the range does, and closes its walk when it is destroyed', async () => {
    const source = sourceOf(10_000, 100);
    const encoder = encoderFor('text', 'range', options);
    const whole = await textOf(readRange(source.walk(everything), encoder).toReadable());
    expect(whole.split('\n')).toHaveLength(10_001);
    const cut = readRange(source.walk(everything), encoder).toReadable();
    for await (const _ of cut) break;
    await vi.waitFor(() => expect(source.walks.map((walk) => walk.closed)).toEqual([1, 1]));
  });
});
