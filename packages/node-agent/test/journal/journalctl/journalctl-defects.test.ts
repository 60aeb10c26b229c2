import { join } from 'node:path';
import { parseCursor } from '@clusterlog/shared';
import { describe, expect, it, vi } from 'vitest';
import { type Field, JournalWriter } from '../../../../../test/fixtures/journal-writer/journal-writer.ts';
import { journalctl, journalctlJson } from '../../../../../test/fixtures/journalctl.ts';
import { cannotRun, whyNoSystemdPrograms } from '../../../../../test/fixtures/requirements.ts';
import { JournalctlSource } from '../../../src/journal/journalctl/journalctl-source.ts';
import { equals, everything } from '../../../src/journal/match.ts';
import { openJournal } from '../../../src/journal/open-source.ts';
import { readMessages } from '../read-walk.ts';
import { testDirectory } from '../test-directory.ts';

vi.setConfig({ testTimeout: 30_000 });

const machineId = '0123456789abcdef0123456789abcdef';
const start = 1_700_000_000_000_000;
const messagesOf = async (...args: string[]) => (await journalctlJson(...args)).map((entry) => entry.MESSAGE);

/** The installed systemd's version, such as 252. */
async function systemdVersion(): Promise<number> {
  return Number(/systemd (\d+)/.exec((await journalctl('--version')).toString())?.[1]);
}

/**
 * What journalctl is known to do wrong, by version, beside what we do. Where a later version has it right, the two must
 * agree.
 */
describe.skipIf(cannotRun(whyNoSystemdPrograms()))('where journalctl errs', () => {
  const parent = testDirectory();

  it('252: --after-cursor leaves out the next entry too, if the cursor’s own does not match', async () => {
    const directory = join(parent, 'cursor');
    const writer = new JournalWriter({ path: join(directory, 'system.journal'), machineId });
    const cursors = ['a', 'b', 'a', 'a'].map((task, index) => {
      const fields: Field[] = [
        ['MESSAGE', String(index)],
        ['TASK', task],
      ];
      return writer.append({ realtime: start + index, monotonic: 1000 + index, fields });
    });
    writer.close();
    const theirs = await messagesOf(`--directory=${directory}`, `--after-cursor=${cursors[1]}`, 'TASK=a');

    const source = await openJournal({ directories: [directory] });
    const walk = source.walk(equals('TASK', 'a'));
    const cursor = parseCursor(cursors[1] ?? '');
    if (cursor === undefined) throw new Error('the writer gave no cursor');
    await walk.seekCursor(cursor, 'after');
    expect(await readMessages(walk, 'forward')).toEqual(['2', '3']);
    expect(theirs).toEqual((await systemdVersion()) === 252 ? ['3'] : ['2', '3']);
    await source.close();
  });

  it('252: the directories of namespaces are left out of --directory', async () => {
    const directory = join(parent, 'namespaces');
    for (const name of [machineId, `${machineId}.shop`]) {
      const writer = new JournalWriter({ path: join(directory, name, 'system.journal'), machineId });
      writer.append({ realtime: start, monotonic: 1000, fields: [['MESSAGE', name]] });
      writer.close();
    }
    const theirs = await messagesOf(`--directory=${directory}`);
    for (const source of [await openJournal({ directories: [directory] }), new JournalctlSource([directory])]) {
      expect(await readMessages(source.walk(everything), 'forward')).toHaveLength(2);
      await source.close();
    }
    if ((await systemdVersion()) === 252) expect(theirs).toEqual([machineId]);
  });

  it('252: entries are lost where the order of files runs in a circle', async () => {
    const directory = join(parent, 'circle');
    const shared = '5'.repeat(32);
    const write = (name: string, seqnumId: string, seqnum: number, boot: string, realtime: number): void => {
      const path = join(directory, `${name}.journal`);
      const writer = new JournalWriter({ path, machineId, seqnumId, firstSeqnum: seqnum, bootId: boot.repeat(32) });
      writer.append({ realtime: start + realtime, monotonic: 1000, fields: [['MESSAGE', name]] });
      writer.close();
    };
    // By number a is before b, by realtime b before c and c before a.
    write('a', shared, 1, 'a', 30);
    write('b', shared, 2, 'b', 20);
    write('c', 'c'.repeat(32), 1, 'c', 25);
    const theirs = await messagesOf(`--directory=${directory}`);
    const source = await openJournal({ directories: [directory] });
    const walk = source.walk(everything);
    expect((await readMessages(walk, 'forward')).sort()).toEqual(['a', 'b', 'c']);
    expect((await readMessages(walk, 'backward')).sort()).toEqual(['a', 'b', 'c']);
    if ((await systemdVersion()) === 252) expect(theirs).toEqual(['c', 'a']);
    await source.close();
  });
});
