import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { encoderFor } from '../../src/encode/encoder.ts';
import { EncodingCache } from '../../src/encode/encoding-cache.ts';
import { chunkSize } from '../../src/encode/output-buffer.ts';
import { equals, everything } from '../../src/journal/match.ts';
import type { Gap } from '../../src/journal/source.ts';
import { follow } from '../../src/read/follow.ts';
import { MemorySource } from './memory-source.ts';

const options = { cache: new EncodingCache() };
const text = () => encoderFor('text', 'stream', options);
const events = () => encoderFor('sse', 'stream', options);
const ping = ': ping\n\n';

function say(source: MemorySource, message: string): void {
  source.append([
    ['MESSAGE', message],
    ['STREAM', 'STDOUT'],
  ]);
}

describe('a follow', () => {
  it('has what is there, and then each entry as it comes', async () => {
    const source = new MemorySource();
    say(source, 'first');
    say(source, 'second');
    const stream = follow(source.walk(everything), text());
    expect((await stream.next()).value?.toString()).toMatch(/: first\n.*: second\n$/);
    for (const message of ['third', 'fourth']) {
      const next = stream.next();
      await vi.waitFor(() => expect(source.waiting).toBe(1));
      say(source, message);
      expect((await next).value?.toString()).toMatch(new RegExp(`: ${message}\\n$`));
    }
    await stream.return();
  });

  it('tells when what it waited for was received, and not of what was there', async () => {
    const source = new MemorySource();
    say(source, 'first');
    const told: number[] = [];
    const walk = source.walk(everything);
    const stream = follow(walk, text(), { onNews: (realtime) => told.push(realtime) });
    await stream.next();
    const next = stream.next();
    await vi.waitFor(() => expect(source.waiting).toBe(1));
    say(source, 'second');
    await next;
    await walk.seekTail();
    const received: number[] = [];
    await walk.read('backward', ({ realtime }) => received.push(realtime) < 1);
    expect(told).toEqual(received);
    await stream.return();
  });

  it('hands over the gaps that its walk meets', async () => {
    const source = new MemorySource();
    say(source, 'first');
    const gaps: Gap[] = [];
    const walk = source.walk(everything);
    const stream = follow(walk, text(), { gaps });
    await stream.next();
    walk.gaps.push({ reason: 'damaged', since: 1, until: 2 });
    say(source, 'second');
    expect((await stream.next()).value?.toString()).toMatch(/: second\n$/);
    expect(gaps).toEqual([{ reason: 'damaged', since: 1, until: 2 }]);
    await stream.return();
  });

  it('loses nothing that comes between two pulls', async () => {
    const source = new MemorySource();
    const stream = follow(source.walk(everything), text());
    const seen: string[] = [];
    for (let round = 0; round < 200; round++) {
      say(source, `${round}`);
      if (round % 3 === 0) seen.push((await stream.next()).value?.toString() ?? '');
    }
    seen.push((await stream.next()).value?.toString() ?? '');
    expect(
      seen
        .join('')
        .trimEnd()
        .split('\n')
        .map((line) => Number(line.split(': ')[1])),
    ).toEqual(Array.from({ length: 200 }, (_, round) => round));
    await stream.return();
  });

  it('that matches nothing stays open, and delivers what matches later', async () => {
    const source = new MemorySource();
    const stream = follow(source.walk(equals('STREAM', 'STDOUT')), text());
    const next = stream.next();
    for (let round = 0; round < 5; round++)
      source.append([
        ['MESSAGE', 'other'],
        ['STREAM', 'STDERR'],
      ]);
    await vi.waitFor(() => expect(source.waiting).toBe(1));
    say(source, 'mine');
    expect((await next).value?.toString()).toContain(': mine\n');
    await stream.return();
  });

  it('of events pings at once when there is nothing at all to read', async () => {
    const stream = follow(new MemorySource().walk(everything), events());
    expect((await stream.next()).value?.toString()).toBe(ping);
    await stream.return();
  });

  it('of events does not ping at once after data', async () => {
    const source = new MemorySource();
    say(source, 'data');
    const stream = follow(source.walk(everything), events());
    expect((await stream.next()).value?.toString()).toContain('data: {');
    const next = stream.next();
    await vi.waitFor(() => expect(source.waiting).toBe(1));
    say(source, 'more');
    expect((await next).value?.toString()).toContain('more');
    await stream.return();
  });

  it('of events pings whenever it was silent for long, and goes on', async () => {
    const source = new MemorySource();
    const stream = follow(source.walk(everything), events(), { pingAfter: 20 });
    const started = performance.now();
    for (let pings = 0; pings < 3; pings++) expect((await stream.next()).value?.toString()).toBe(ping);
    expect(performance.now() - started).toBeGreaterThanOrEqual(39);
    say(source, 'after pings');
    expect((await stream.next()).value?.toString()).toContain('after pings');
    expect((await stream.next()).value?.toString()).toBe(ping);
    await stream.return();
  });

  it('of events pings also while a long search finds nothing', async () => {
    const source = new MemorySource();
    const walk = source.walk(everything);
    vi.spyOn(walk, 'read').mockResolvedValue('slice');
    const stream = follow(walk, events(), { pingAfter: 5 });
    expect((await stream.next()).value?.toString()).toBe(ping);
    await stream.return();
  });

  it('ends at its limit, or stays there with nothing but pings', async () => {
    const source = new MemorySource();
    for (const message of ['first', 'second', 'third']) say(source, message);
    const ending = follow(source.walk(everything), events(), { limit: 2 });
    expect((await ending.next()).value?.toString()).toMatch(/first.*second/s);
    expect((await ending.next()).done).toBe(true);
    const staying = follow(source.walk(everything), events(), { limit: 2, atLimit: 'stay', pingAfter: 20 });
    const both = (await staying.next()).value?.toString();
    expect(both).toMatch(/first.*second/s);
    expect(both).not.toContain('third');
    for (let pings = 0; pings < 3; pings++) expect((await staying.next()).value?.toString()).toBe(ping);
    await staying.return();
    expect(source.walks.map(({ closed }) => closed)).toEqual([1, 1]);
  });

  it.each(['sse', 'text'] as const)('that stays at its limit is let go when aborted, as %s', async (format) => {
    const source = new MemorySource();
    say(source, 'only');
    const controller = new AbortController();
    const { signal } = controller;
    const encoder = encoderFor(format, 'stream', options);
    const stream = follow(source.walk(everything), encoder, { limit: 1, atLimit: 'stay', signal });
    await stream.next();
    const next = stream.next();
    controller.abort(new Error('gone'));
    await expect(next).rejects.toThrow('gone');
    expect(source.walks[0]?.closed).toBe(1);
  });

  it('of text and JSON never pings', async () => {
    for (const format of ['text', 'json'] as const) {
      const source = new MemorySource();
      const stream = follow(source.walk(everything), encoderFor(format, 'stream', options), { pingAfter: 1 });
      const next = stream.next();
      await new Promise((resolve) => setTimeout(resolve, 10));
      say(source, 'only this');
      expect((await next).value?.toString()).toContain('only this');
      await stream.return();
    }
  });

  it('reads no further than it is pulled', async () => {
    const source = new MemorySource();
    for (let round = 0; round < 5000; round++) say(source, `${round} `.padEnd(100, '.'));
    const walk = source.walk(everything);
    const stream = follow(walk, text());
    await stream.next();
    const delivered = walk.delivered;
    await new Promise((resolve) => setImmediate(resolve));
    expect(walk.delivered).toBe(delivered);
    expect(delivered * 100).toBeLessThan(2 * chunkSize);
    await stream.return();
  });

  it('that is aborted while it waits rejects with the reason and leaves nothing behind', async () => {
    const source = new MemorySource();
    const controller = new AbortController();
    const stream = follow(source.walk(everything), text(), { signal: controller.signal });
    const next = stream.next();
    await vi.waitFor(() => expect(source.waiting).toBe(1));
    const reason = new Error('token expired');
    controller.abort(reason);
    await expect(next).rejects.toBe(reason);
    await expect(stream.next()).rejects.toBe(reason);
    expect(source.walks[0]?.closed).toBe(1);
    expect(source.waiting).toBe(0);
  });

  it('that is aborted while nobody pulls closes its walk', async () => {
    const source = new MemorySource();
    say(source, 'x');
    const controller = new AbortController();
    const stream = follow(source.walk(everything), text(), { signal: controller.signal });
    await stream.next();
    controller.abort();
    await vi.waitFor(() => expect(source.walks[0]?.closed).toBe(1));
  });

  it('with a signal aborted before rejects at once and reads nothing', async () => {
    const source = new MemorySource();
    const stream = follow(source.walk(everything), text(), { signal: AbortSignal.abort(new Error('late')) });
    await expect(stream.next()).rejects.toThrow('late');
    expect(source.walks[0]).toMatchObject({ closed: 1, delivered: 0 });
  });

  it('that is given up while it waits ends quietly', async () => {
    const source = new MemorySource();
    const stream = follow(source.walk(everything), text());
    const next = stream.next();
    await vi.waitFor(() => expect(source.waiting).toBe(1));
    await stream.return();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(source.waiting).toBe(0);
  });

  it('as a Node stream lets go of the journal when the client goes', async () => {
    const source = new MemorySource();
    const readable = follow(source.walk(everything), text()).toReadable();
    readable.resume();
    await vi.waitFor(() => expect(source.waiting).toBe(1));
    readable.destroy();
    await once(readable, 'close');
    expect(source.walks[0]?.closed).toBe(1);
    expect(source.waiting).toBe(0);
  });
});
