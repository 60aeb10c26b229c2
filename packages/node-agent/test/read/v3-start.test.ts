import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JournalWriter, systemJournalPath } from '../../../../test/fixtures/journal-writer/journal-writer.ts';
import { cannotRun, whyNoSystemdPrograms } from '../../../../test/fixtures/requirements.ts';
import { JournalctlSource } from '../../src/journal/journalctl/journalctl-source.ts';
import { equals } from '../../src/journal/match.ts';
import { openJournal } from '../../src/journal/open-source.ts';
import type { JournalSource } from '../../src/journal/source.ts';
import { type Started, seekV3 } from '../../src/read/v3-start.ts';
import { messageOf, readWalk } from '../journal/read-walk.ts';
import { testDirectory } from '../journal/test-directory.ts';

const second = 1_000_000;
const booted = 1_700_000_000 * second;
const bootId = 'b0'.repeat(16);
const machineId = 'a0'.repeat(16);
/** When the reader had read everything, and now, in s of the boot. */
const [then, now] = [100, 200];
const from = booted + then * second;

/** A journal of entries written so many seconds after the boot, by a clock ahead by so many; in a new file after each rotation. */
function journalOf(entries: readonly (readonly [at: number, ahead?: number] | 'rotation')[]): string {
  const directory = mkdtempSync(join(testDirectory(), 'start-'));
  let writer = new JournalWriter({ path: systemJournalPath(directory, machineId), machineId, bootId });
  for (const entry of entries) {
    if (entry === 'rotation') {
      writer = writer.rotate().writer;
      continue;
    }
    const [at, ahead = 0] = entry;
    writer.append({
      realtime: booted + (at + ahead) * second,
      monotonic: at * second,
      fields: [
        ['MESSAGE', String(at)],
        ['PARITY', at % 2 === 0 ? 'even' : 'odd'],
      ],
    });
  }
  writer.close();
  return directory;
}

const sources = {
  native: (directory: string) => openJournal({ directories: [directory] }),
  journalctl: async (directory: string) => new JournalctlSource([directory]),
} as const;

describe.each(Object.entries(sources))('going on at a time in a journal on disk, read by %s', (kind, open) => {
  const skipped = kind === 'journalctl' && cannotRun(whyNoSystemdPrograms());
  const back = [[90], [99], [110, -60], 'rotation', [121, -60], [140]] as const;
  const opened: JournalSource[] = [];
  let journal: JournalSource;

  async function openJournalOf(entries: Parameters<typeof journalOf>[0]): Promise<JournalSource> {
    const source = await open(journalOf(entries));
    opened.push(source);
    return source;
  }

  beforeAll(async () => {
    if (!skipped) journal = await openJournalOf(back);
  });
  afterAll(() => Promise.all(opened.map((source) => source.close())));

  async function goOn(source: JournalSource, match = equals('_BOOT_ID', bootId)) {
    const walk = source.walk(match);
    const { beginsWith, startGap }: Started = await seekV3(
      source,
      walk,
      { direction: 'forward', from, fromAge: (now - then) * 1_000 },
      new AbortController().signal,
      () => ({ bootId, monotonic: now * second }),
    );
    const read = await readWalk(walk, 'forward', undefined, (entry) => ({
      message: messageOf(entry),
      isPassed: beginsWith?.(entry) === false,
    }));
    walk.close();
    const first = read.findIndex(({ isPassed }) => !isPassed);
    return { messages: first === -1 ? [] : read.slice(first).map(({ message }) => message), startGap };
  }

  it.skipIf(skipped)('begins with what a clock that was set back has stamped since, over a rotation', async () => {
    expect(await goOn(journal)).toEqual({ messages: ['110', '121', '140'], startGap: undefined });
  });

  it.skipIf(skipped)('does so for what matches, too', async () => {
    expect(await goOn(journal, equals('PARITY', 'odd'))).toEqual({ messages: ['121'], startGap: undefined });
  });

  it.skipIf(skipped)('passes over what was read, and begins behind the end where nothing is new', async () => {
    expect((await goOn(await openJournalOf([[90], [99], [101], [140]]))).messages).toEqual(['101', '140']);
    expect((await goOn(await openJournalOf([[90], [99]]))).messages).toEqual([]);
  });
});
