import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  type ExportedEntry,
  journalctl,
  journalctlExport,
  parseExport,
  verifyJournal,
} from '@clusterlog/test/fixtures/journalctl';
import { startJournald } from '@clusterlog/test/fixtures/journald';
import { cannotRun, whyNoJournald, whyNoSystemdPrograms } from '@clusterlog/test/fixtures/requirements';
import { taskJournal } from '@clusterlog/test/fixtures/task-journal';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ask, startGatewaydAgent, WrittenJournal, writeVariedEntries } from './gatewayd-world.ts';

// Where much else runs, these take longer than a test usually may.
vi.setConfig({ testTimeout: 30_000 });

const run = promisify(execFile);
const accept = 'application/vnd.fdo.journal';

let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'clusterlog-pull-'));
});
afterEach(() => rmSync(scratch, { recursive: true }));

async function exportOfAgent(directory: string): Promise<Buffer> {
  const agent = await startGatewaydAgent(directory);
  try {
    return (await ask(agent.origin, '/entries', { accept })).body;
  } finally {
    await agent.close();
  }
}

/** Has the real systemd-journal-remote pull the journal from an agent; returns the file it wrote. */
async function pull(directory: string): Promise<string> {
  const agent = await startGatewaydAgent(directory);
  const file = join(scratch, 'pulled.journal');
  try {
    await run('/lib/systemd/systemd-journal-remote', [
      `--url=${agent.origin}`,
      `--output=${file}`,
      '--split-mode=none',
    ]);
    return file;
  } finally {
    await agent.close();
  }
}

/** Times, boot and fields; not the cursor, nor the order of the fields. */
function contents(entries: readonly ExportedEntry[]): string[] {
  return entries.map((entry) =>
    entry
      .filter(([name]) => !['__CURSOR', '__SEQNUM', '__SEQNUM_ID'].includes(name))
      .map(([name, value]) => `${name}=${value.toString('latin1')}`)
      .sort()
      .join('\n'),
  );
}

async function expectExportAsJournalctl(directory: string): Promise<void> {
  const seqnums = /^__SEQNUM(_ID)?=.*\n/gm;
  const ours = (await exportOfAgent(directory)).toString('latin1');
  const theirs = (await journalctl('--output=export', `--directory=${directory}`)).toString('latin1');
  // journalctl writes them from 254 on.
  expect(ours.replace(seqnums, '') === theirs.replace(seqnums, '')).toBe(true);
}

describe.skipIf(cannotRun(whyNoSystemdPrograms()))('the export format', () => {
  it('is byte for byte journalctl’s, of tasks’ logs', async () => {
    const journal = taskJournal({ entries: 5000, tasks: 20 });
    await expectExportAsJournalctl(journal.directory);
    expect(parseExport(await exportOfAgent(journal.directory))).toHaveLength(5000);
  });

  it('lets systemd-journal-remote pull the same entries in the same order', async () => {
    const journal = new WrittenJournal();
    try {
      writeVariedEntries(journal, 300);
      const file = await pull(journal.directory);
      await verifyJournal(file);
      const original = await journalctlExport(`--directory=${journal.directory}`);
      expect(original).toHaveLength(300);
      expect(contents(await journalctlExport(`--file=${file}`))).toEqual(contents(original));
    } finally {
      journal.remove();
    }
  });
});

describe.skipIf(cannotRun(whyNoJournald()))('the export format of a journal that journald writes', () => {
  it('is byte for byte journalctl’s, and can be pulled', async () => {
    await using journald = await startJournald();
    for (const message of ['plain', 'two\nlines', 'tab\t', Buffer.from([0, 255, 10]), 'x'.repeat(1_000_000), '']) {
      await journald.sendNative([
        ['MESSAGE', message],
        ['TAG', 'one'],
        ['TAG', 'two'],
        ['EMPTY', ''],
      ]);
    }
    await journald.logger(['--tag', 'app', '--id=77'], 'by syslog\n');
    await journald.systemdCat(['--identifier=cat'], 'by\nstdout\n');
    await journald.rotate();
    await journald.sendNative({ MESSAGE: 'in the next file' });
    await journald.sync();
    await expectExportAsJournalctl(journald.directory);
    const original = contents(await journalctlExport(`--directory=${journald.directory}`));
    expect(original.length).toBeGreaterThanOrEqual(10);
    expect(contents(await journalctlExport(`--file=${await pull(journald.directory)}`))).toEqual(original);
  });
});
