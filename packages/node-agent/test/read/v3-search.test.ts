import type { Cursor } from '@clusterlog/shared';
import { beforeEach, describe, expect, it } from 'vitest';
import { EncodingCache } from '../../src/encode/encoding-cache.ts';
import { v3Encoder } from '../../src/encode/v3-encoder.ts';
import type { Entry } from '../../src/journal/entry.ts';
import { equals } from '../../src/journal/match.ts';
import type { BootTime } from '../../src/read/set-back-search.ts';
import { Notices } from '../../src/read/v3-notices.ts';
import { cursorOfEntry, Progress } from '../../src/read/v3-progress.ts';
import { type Telling, v3Range } from '../../src/read/v3-range.ts';
import { seekV3, type V3Start } from '../../src/read/v3-start.ts';
import { MemorySource } from './memory-source.ts';

let journal: MemorySource;

beforeEach(() => {
  journal = new MemorySource();
  for (const tag of ['a', 'x', 'x', 'a']) journal.append([['TAG', tag]]);
  // Each entry a turn of its own, so that a search is as slow as it can be.
  journal.slice = 1;
});

async function searched(
  format: 'lines' | 'ndjson' | 'text',
  start: V3Start,
  telling: Telling,
  now?: () => BootTime,
): Promise<string[]> {
  const { signal } = new AbortController();
  const encoder = v3Encoder(format, { cache: new EncodingCache(), agentId: 'S0', raw: false, payload: 'ndjson' });
  const walk = journal.walk(equals('TAG', 'a'));
  const reading = {
    walk,
    entries: new Progress(encoder),
    notices: new Notices(encoder, 'S0'),
    direction: start.direction,
    ...(await seekV3(journal, walk, start, signal, now)),
    explain: (error: unknown): never => {
      throw error;
    },
  };
  let text = '';
  for await (const chunk of v3Range(reading, { limit: Number.POSITIVE_INFINITY, telling, signal })) text += chunk;
  return text.split('\n').slice(0, -1);
}

/** The cursor of the entry of this number. */
function cursorOf(number: number): Cursor {
  return cursorOfEntry(journal.entries[number - 1] as Entry);
}

const numberOf = (line: string) => Number.parseInt(/;i=([0-9a-f]+);/.exec(line)?.[1] ?? '', 16);

describe('a search', () => {
  it('tells by checkpoints how far it has looked while nothing matches', async () => {
    const lines = await searched(
      'ndjson',
      { direction: 'forward', cursor: cursorOf(1) },
      { quiet: 0, by: 'checkpoints' },
    );
    const told = lines.map((line) => JSON.parse(line)).filter(({ event }) => event === 'checkpoint');
    expect(told.map(({ cursor }) => numberOf(cursor))).toEqual([2, 3]);
    expect(told.map(({ realtime }) => realtime)).toEqual([2, 3].map((n) => 1_700_000_000_000_000 + 1000 * n));
  });

  it('tells whoever merges by watermarks, newest first too', async () => {
    const lines = await searched(
      'lines',
      { direction: 'backward', cursor: cursorOf(4) },
      { quiet: 0, by: 'watermarks' },
    );
    expect(lines.map((line) => `${line[0]}${numberOf(line)}`)).toEqual(['W3', 'W2', 'E1', 'X1']);
    expect(lines[0]?.slice(2, 18)).toBe(String(journal.entries[2]?.realtime));
  });

  it('tells nothing of it in formats that have no place for it', async () => {
    const lines = await searched('text', { direction: 'forward' }, { quiet: 0, by: 'checkpoints' });
    expect(lines.filter((line) => !line.startsWith('20'))).toEqual([expect.stringMatching(/^-- end/)]);
  });
});

describe('reading from a realtime', () => {
  it('begins at the first entry that matches from then on, though the clock went back before it', async () => {
    const later = (journal.entries[3]?.realtime ?? 0) + 1;
    journal.append([['TAG', 'x']], { realtime: later + 5 });
    journal.append([['TAG', 'a']], { realtime: later - 3 });
    journal.append([['TAG', 'a']], { realtime: later + 6 });
    journal.append([['TAG', 'a']], { realtime: later - 2 });
    const lines = await searched('lines', { direction: 'forward', from: later }, { quiet: 1e6, by: 'watermarks' });
    expect(lines.map(numberOf)).toEqual([7, 8, 8]);
  });
});

describe('going on at a realtime that was reached some time ago', () => {
  const second = 1_000_000;
  /** When the reader had read everything, and now, in s of the boot. */
  const [then, now] = [100, 200];
  const booted = 1_700_000_000 * second;
  const written = (at: number, ahead = 0) =>
    journal.append([['TAG', 'a']], { realtime: booted + (at + ahead) * second, monotonic: at * second, bootId: 'b' });

  const goOn = () =>
    searched(
      'lines',
      { direction: 'forward', from: booted + then * second, fromAge: (now - then) * 1_000 },
      { quiet: 1e6, by: 'watermarks' },
      () => ({ bootId: 'b', monotonic: now * second }),
    );
  const numbersAndGaps = (lines: readonly string[]) =>
    lines.map((line) => (line.startsWith('G') ? JSON.parse(line.slice(line.indexOf('{'))) : numberOf(line)));

  beforeEach(() => {
    journal = new MemorySource();
  });

  it('begins with what a clock that was set back has stamped since', async () => {
    for (const [at, ahead] of [[99], [110, -50], [120, -50], [130]] as const) written(at, ahead);
    expect(numbersAndGaps(await goOn())).toEqual([2, 3, 4, 4]);
  });

  it('tells of what may have been stamped so, and passes over it', async () => {
    for (const [at, ahead] of [[99], [101, -50], [130]] as const) written(at, ahead);
    const gap = { reason: 'clock-set-back', from: booted + 51 * second, to: booted + then * second, possible: true };
    expect(numbersAndGaps(await goOn())).toEqual([gap, 3, 3]);
  });

  it('tells that entries may have been deleted where the journal begins only after it', async () => {
    for (const at of [99, 110, 120]) written(at);
    expect(numbersAndGaps(await goOn())).toEqual([2, 3, 3]);
    journal.remove(journal.entries[0] as Entry);
    const gap = { reason: 'vacuumed', from: booted + then * second, to: booted + 110 * second, possible: true };
    expect(numbersAndGaps(await goOn())).toEqual([gap, 2, 3, 3]);
  });

  it('finds nothing in a journal without an entry', async () => {
    expect(numbersAndGaps(await goOn())).toEqual([Number.NaN]);
  });
});
