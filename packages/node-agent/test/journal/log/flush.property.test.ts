import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type EntryToAppend, JournalWriter } from '../../../../../test/fixtures/journal-writer/journal-writer.ts';
import { equals, everything } from '../../../src/journal/match.ts';
import { openJournal } from '../../../src/journal/open-source.ts';
import { readMessages } from '../read-walk.ts';
import { testDirectory } from '../test-directory.ts';

const parent = testDirectory();
const machineId = '0123456789abcdef0123456789abcdef';
const boots = ['a', 'b', 'b'].map((letter) => letter.repeat(32));
const start = 1_700_000_000_000_000;

/** What is logged: `again` repeats the line before with the same times, as lines of one write that say the same do. */
const line = fc.record({ step: fc.nat(2), again: fc.boolean(), parity: fc.nat(1) });

const world = fc.record({
  earlier: fc.array(line, { maxLength: 4 }),
  volatile: fc.array(line, { minLength: 1, maxLength: 12 }),
  rotateAt: fc.option(fc.nat(11)),
  /** systemd 252 counts anew under the id of the new file, 254 goes on with the id of the old one. */
  sameId: fc.boolean(),
  hasFileAlready: fc.boolean(),
  /** The follower comes to the end after so many lines that have been copied. */
  pauses: fc.uniqueArray(fc.nat(12)),
  later: fc.array(line, { maxLength: 6 }),
  filtered: fc.boolean(),
  /** The follower opened the log at its end, and not at its head. */
  fromTail: fc.boolean(),
});

type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

/** The lines of a world, in the order in which they are logged: some of the boot before, some to /run, some after the flush. */
function entriesOf({ earlier, volatile, later }: World): EntryToAppend[][] {
  let time = 0;
  let number = 0;
  let parity = 0;
  return [earlier, volatile, later].map((lines, phase) => {
    const bootId = boots[phase] ?? '';
    if (phase === 1) time += 10;
    return lines.map(({ step, again, parity: own }) => {
      if (!again || number === 0) {
        time += step;
        number++;
        parity = own;
      }
      const fields = [
        ['MESSAGE', `line ${number}`],
        ['PARITY', String(parity)],
      ] as const;
      return { realtime: start + time, monotonic: 1000 + time, bootId, fields };
    });
  });
}

const messagesIn = (entries: readonly EntryToAppend[], filtered: boolean): string[] =>
  entries.flatMap(({ fields }) => {
    const [[, message] = [], [, parity] = []] = fields;
    return filtered && parity !== '1' ? [] : [String(message)];
  });

async function followThroughFlush(chosen: World): Promise<{ read: string[]; expected: string[] }> {
  const directory = mkdtempSync(join(parent, 'world-'));
  const [run, persistent] = [join(directory, 'run'), join(directory, 'var')];
  mkdirSync(run);
  mkdirSync(persistent);
  const [earlier = [], volatile = [], later = []] = entriesOf(chosen);
  const options = { machineId, allocationStep: 64 * 1024, dataHashTableBuckets: 64 };
  const seqnumId = 'c'.repeat(32);
  const persistentFile = (firstSeqnum: number) =>
    new JournalWriter({
      ...options,
      path: join(persistent, machineId, 'system.journal'),
      ...(chosen.sameId ? { seqnumId, firstSeqnum } : {}),
    });
  let writer = chosen.hasFileAlready ? persistentFile(1) : undefined;
  for (const entry of chosen.hasFileAlready ? earlier : []) writer?.append(entry);
  let volatileWriter = new JournalWriter({
    ...options,
    path: join(run, machineId, 'system.journal'),
    seqnumId,
    firstSeqnum: 100,
  });

  const source = await openJournal({ directories: [run, persistent] });
  const walk = source.walk(chosen.filtered ? equals('PARITY', '1') : everything);
  const read: string[] = [];
  const readOn = async (): Promise<void> => {
    source.status();
    read.push(...(await readMessages(walk, 'forward')));
  };
  try {
    if (chosen.fromTail) await walk.seekTail();
    for (const [index, entry] of volatile.entries()) {
      volatileWriter.append(entry);
      if (index === chosen.rotateAt) volatileWriter = volatileWriter.rotate().writer;
    }
    await readOn();
    writer ??= persistentFile(200);
    for (const [index, entry] of volatile.entries()) {
      writer.append(entry);
      if (chosen.pauses.includes(index)) await readOn();
    }
    volatileWriter.close();
    rmSync(join(run, machineId), { recursive: true });
    await readOn();
    for (const entry of later) {
      writer.append(entry);
      await readOn();
    }
    expect(walk.takeGaps()).toEqual([]);
  } finally {
    walk.close();
    await source.close();
    writer?.close();
    rmSync(directory, { recursive: true });
  }
  const before = chosen.hasFileAlready && !chosen.fromTail ? earlier : [];
  return { read, expected: messagesIn([...before, ...volatile, ...later], chosen.filtered) };
}

it('who has read all of a volatile journal gets none of it again when it is flushed, and all that comes after', async () => {
  await fc.assert(
    fc.asyncProperty(world, async (chosen) => {
      const { read, expected } = await followThroughFlush(chosen);
      expect(read).toEqual(expected);
    }),
    { numRuns: 150 },
  );
}, 60_000);
