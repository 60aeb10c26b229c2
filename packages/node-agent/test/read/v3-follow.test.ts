import { type Cursor, wholeNode } from '@clusterlog/shared';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EncodingCache } from '../../src/encode/encoding-cache.ts';
import { v3Encoder } from '../../src/encode/v3-encoder.ts';
import { equals, everything, type Match } from '../../src/journal/match.ts';
import type { Gap } from '../../src/journal/source.ts';
import type { ByteStream } from '../../src/read/byte-stream.ts';
import { NewestEntry } from '../../src/read/newest-entry.ts';
import { cursorShown } from '../../src/read/redacted-newest.ts';
import { v3Follow } from '../../src/read/v3-follow.ts';
import { Notices } from '../../src/read/v3-notices.ts';
import { liesAfter, Progress } from '../../src/read/v3-progress.ts';
import { type V3Reading, v3Range } from '../../src/read/v3-range.ts';
import { seekV3, type V3Start } from '../../src/read/v3-start.ts';
import { MemorySource, type MemoryWalk } from './memory-source.ts';

let journal: MemorySource;
let abort: AbortController;

beforeEach(() => {
  journal = new MemorySource();
  abort = new AbortController();
});
afterEach(() => abort.abort());

async function reading(format: 'sse' | 'ndjson' | 'text', start: V3Start, match: Match = everything) {
  const encoder = v3Encoder(format, {
    cache: new EncodingCache(),
    agentId: 'S0',
    raw: false,
    payload: 'ndjson',
    output: 'cat',
  });
  const walk: MemoryWalk = journal.walk(match);
  const started = await seekV3(journal, walk, start, abort.signal);
  const problem = {
    type: 't',
    title: 'internal',
    status: 500,
    detail: 'd',
    code: 'internal',
    hint: 'h',
    instance: 'i',
  };
  return {
    walk,
    entries: new Progress(encoder),
    notices: new Notices(encoder, 'S0'),
    direction: start.direction,
    ...started,
    explain: () => ({ event: 'error', ...problem }),
  } satisfies V3Reading;
}

function followed(from: V3Reading, quiet: number): ByteStream {
  const newest = new NewestEntry(journal);
  return v3Follow(from, {
    quiet,
    tells: 'checkpoints',
    cursor: undefined,
    newest,
    delay: 20_000,
    signal: abort.signal,
  });
}

async function nextText(stream: ByteStream): Promise<string | undefined> {
  return (await stream.next()).value?.toString();
}

describe('a quiet follow', () => {
  it('says that it is still here, and where it is once that changed', async () => {
    journal.append([['TAG', 'a']]);
    const stream = followed(await reading('sse', { direction: 'forward', tail: 10 }, equals('TAG', 'b')), 5);
    expect(await nextText(stream)).toMatch(/^id: \S+;i=1;.*\nevent: checkpoint\n/);
    expect(await nextText(stream)).toMatch(/^: /);
    journal.append([['TAG', 'a']]);
    let text: string | undefined;
    do text = await nextText(stream);
    while (text?.startsWith(': '));
    expect(text).toMatch(/^id: \S+;i=2;.*\nevent: checkpoint\n/);
  });

  it('as NDJSON repeats where it is, having nothing else to say', async () => {
    journal.append([['TAG', 'a']]);
    const stream = followed(await reading('ndjson', { direction: 'forward', tail: 1 }), 5);
    expect(await nextText(stream)).toContain('"TAG":"a"');
    expect(await nextText(stream)).toMatch(/^\{"event":"checkpoint","cursor":"\S+;i=1;\S+"\}\n$/);
    expect(await nextText(stream)).toMatch(/^\{"event":"checkpoint","cursor":"\S+;i=1;\S+"\}\n$/);
  });

  it('never says that it is before the entry it sent last', async () => {
    journal.append([['TAG', 'a']]);
    // The clock went far ahead: by it, this entry is not yet there.
    journal.append([['TAG', 'b']], { realtime: 2 ** 52 });
    const stream = followed(await reading('ndjson', { direction: 'forward', tail: 2 }), 5);
    await nextText(stream);
    expect(await nextText(stream)).toContain(';i=2;');
  });
});

describe('the newest entry', () => {
  const delay = 20_000;

  it('counts once it has been there for long enough, by its own time or by ours', async () => {
    const newest = new NewestEntry(journal);
    expect(await newest.settled(delay)).toEqual({ cursor: undefined, isYoung: false });
    const old = journal.append([['TAG', 'a']]);
    await vi.waitFor(async () => expect((await newest.settled(delay)).cursor?.seqnum).toBe(BigInt(old.seqnum)));
    // The clock was set back by years: by its own time, this entry lies in the future.
    const met = performance.now();
    const ahead = journal.append([['TAG', 'a']], { realtime: 2 ** 52 });
    await vi.waitFor(async () => expect((await newest.settled(delay)).cursor?.seqnum).toBe(BigInt(ahead.seqnum)));
    expect(performance.now() - met).toBeGreaterThanOrEqual(delay / 1000 - 1);
  });
});

describe('of two places', () => {
  const [first, second] = [1n, 2n].map((number) => ({
    seqnumId: String(number).repeat(32),
    seqnum: number,
    bootId: 'b0'.repeat(16),
    monotonic: number,
    realtime: number,
    xorHash: 0n,
  })) as [Cursor, Cursor];

  it('that have other counters, the later one is told by the time of their boot, unless that is withheld', () => {
    expect([liesAfter(second, first), liesAfter(first, second)]).toEqual([true, false]);
    const scope = { ...wholeNode, withhold: [{ field: '_BOOT_ID' }] };
    expect(liesAfter(cursorShown(second, scope), cursorShown(first, scope))).toBe(false);
  });
});

describe('a follow that starts at the end', () => {
  it('never says that it is before the start, though the clock was set back', async () => {
    journal.append([['TAG', 'a']]);
    journal.append([['TAG', 'a']], { realtime: 2 ** 52 });
    const stream = followed(await reading('ndjson', { direction: 'forward', tail: 0 }), 5);
    expect(await nextText(stream)).toMatch(/^\{"event":"checkpoint","cursor":"\S+;i=2;/);
  });
});

describe('a gap that a walk meets', () => {
  const gap: Gap = { reason: 'vacuumed', since: 5, until: Number.POSITIVE_INFINITY };

  /** The walk comes upon the gap before its second entry. */
  function withGap(walk: MemoryWalk): void {
    const gaps: Gap[] = [];
    walk.takeGaps = () => gaps.splice(0);
    const read = walk.read.bind(walk);
    let reads = 0;
    walk.read = async (direction, visit) => {
      reads++;
      if (reads === 2) {
        gaps.push(gap);
        return 'slice';
      }
      return read(direction, (entry) => visit(entry) && reads !== 1);
    };
  }

  it('is told in its place, with what is known of it', async () => {
    for (const message of ['one', 'two']) journal.append([['MESSAGE', message]]);
    const range = await reading('text', { direction: 'forward' });
    withGap(range.walk);
    let text = '';
    for await (const chunk of v3Range(range, { limit: 10, signal: abort.signal })) text += chunk.toString();
    expect(text).toMatch(/^one\n-- gap agent=S0 reason=vacuumed from=5\ntwo\n-- end reason=end cursor=\S+\n$/);
  });
});

describe('what goes wrong', () => {
  it('after something was sent is told as an event', async () => {
    journal.append([['MESSAGE', 'one']]);
    const from = await reading('ndjson', { direction: 'forward' });
    const stream = followed(from, 5);
    expect(await nextText(stream)).toContain('"one"');
    from.walk.read = () => Promise.reject(new Error('disk on fire'));
    expect(await nextText(stream)).toBe(
      '{"event":"error","type":"t","title":"internal","status":500,"detail":"d","code":"internal","hint":"h","instance":"i"}\n',
    );
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(from.walk.closed).toBe(1);
  });

  it('before anything was sent is thrown, for an answer with its own status', async () => {
    const from = await reading('ndjson', { direction: 'forward' });
    from.walk.read = () => Promise.reject(new Error('disk on fire'));
    await expect(v3Range(from, { limit: 10, signal: abort.signal }).peek()).rejects.toThrow('disk on fire');
  });
});
