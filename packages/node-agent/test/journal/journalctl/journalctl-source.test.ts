import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { JournalWriter } from '../../../../../test/fixtures/journal-writer/journal-writer.ts';
import { JournalctlSource } from '../../../src/journal/journalctl/journalctl-source.ts';
import { everything } from '../../../src/journal/match.ts';
import { readMessages } from '../read-walk.ts';
import { describeSourceContract } from '../source-contract.ts';
import { testDirectory } from '../test-directory.ts';

// Every seek starts processes, and journalctl looks for new files every 2 s at times.
vi.setConfig({ testTimeout: 30_000 });

describeSourceContract('the journalctl source', async (directory) => new JournalctlSource([directory]));

const parent = testDirectory();

/** The arguments of this process' own children that run journalctl. */
function runningJournalctls(): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return status.includes(`\nPPid:\t${process.pid}\n`) && command[0] === 'journalctl' ? [command.join(' ')] : [];
    } catch {
      return [];
    }
  });
}

it('follows with one journalctl, however many wait, and leaves none behind', async () => {
  const directory = mkdtempSync(join(parent, 'shared-'));
  const writer = new JournalWriter({ path: join(directory, 'system.journal'), machineId: 'a'.repeat(32) });
  const append = (message: string) =>
    writer.append({ realtime: Date.now() * 1000, monotonic: 1000, fields: [['MESSAGE', message]] });
  append('first');
  const source = new JournalctlSource([directory]);
  const stop = new AbortController();
  const followers = Array.from({ length: 5 }, async () => {
    const walk = source.walk(everything);
    const read: string[] = [];
    while (read.length < 2) {
      read.push(...(await readMessages(walk, 'forward')));
      if (read.length < 2) await walk.wait(stop.signal);
    }
    return read;
  });
  await vi.waitFor(() => {
    expect(runningJournalctls().filter((command) => command.includes('--follow'))).toHaveLength(1);
  }, 10_000);
  append('second');
  for (const read of await Promise.all(followers)) expect(read).toEqual(['first', 'second']);
  await source.close();
  expect(runningJournalctls()).toEqual([]);
  writer.close();
});

it('ends a read whose walk is closed meanwhile', async () => {
  const directory = mkdtempSync(join(parent, 'closed-'));
  const writer = new JournalWriter({ path: join(directory, 'system.journal'), machineId: 'a'.repeat(32), bulk: true });
  for (let index = 0; index < 20_000; index++) {
    writer.append({ realtime: 1_700_000_000_000_000 + index, monotonic: 1000 + index, fields: [['MESSAGE', 'x']] });
  }
  writer.close();
  const source = new JournalctlSource([directory]);
  const walk = source.walk(everything);
  const reading = readMessages(walk, 'forward');
  await vi.waitFor(() => expect(runningJournalctls()).not.toEqual([]), { interval: 1 });
  walk.close();
  expect((await reading).length).toBeLessThan(20_000);
  await source.close();
  expect(runningJournalctls()).toEqual([]);
});

it('leaves out lines that are no entries, and reads the others', async () => {
  const directory = mkdtempSync(join(parent, 'nonsense-'));
  const programs = mkdtempSync(join(parent, 'programs-'));
  const cursor = `s=${'a'.repeat(32)};i=1;b=${'b'.repeat(32)};m=1;t=60a24181e4000;x=1`;
  const entry = JSON.stringify({ __CURSOR: cursor, MESSAGE: 'sound', __proto__x: 1 });
  const printed = ['not JSON', 'null', '7', '[]', '{"MESSAGE":"no cursor"}', entry, entry.slice(0, 60)];
  writeFileSync(join(programs, 'printed'), printed.join('\n'));
  writeFileSync(join(programs, 'journalctl'), `#!/bin/sh\nexec /bin/cat "${programs}/printed"\n`, { mode: 0o755 });
  new JournalWriter({ path: join(directory, 'system.journal'), machineId: 'a'.repeat(32) }).close();
  vi.stubEnv('PATH', programs);
  try {
    const source = new JournalctlSource([directory]);
    expect(await readMessages(source.walk(everything), 'forward')).toEqual(['sound']);
    await source.close();
  } finally {
    vi.unstubAllEnvs();
  }
});
