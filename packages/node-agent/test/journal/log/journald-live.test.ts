import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Journald, startJournald } from '../../../../../test/fixtures/journald.ts';
import { cannotRun, whyNoJournald } from '../../../../../test/fixtures/requirements.ts';
import { JournalctlSource } from '../../../src/journal/journalctl/journalctl-source.ts';
import { equals, everything } from '../../../src/journal/match.ts';
import { openJournal } from '../../../src/journal/open-source.ts';
import type { EntryWalk, JournalSource } from '../../../src/journal/source.ts';
import { messageOf, readMessages, readWalk } from '../read-walk.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 30_000 });

const task = (name: string) => equals('TASK', name);

/** Reads, waiting where there is no more yet, until a message is `last`. */
async function followTo(walk: EntryWalk, last: string): Promise<string[]> {
  const read: string[] = [];
  while (read.at(-1) !== last) {
    await walk.wait(AbortSignal.timeout(20_000));
    read.push(...(await readMessages(walk, 'forward')));
  }
  return read;
}

describe.skipIf(cannotRun(whyNoJournald()))('the journal of a running journald', () => {
  let journald: Journald;
  let source: JournalSource;

  beforeAll(async () => {
    journald = await startJournald();
    source = await openJournal({ directories: [journald.directory] });
  });
  afterAll(async () => {
    await source?.close();
    await journald?.stop();
  });

  it('is followed through rotations without losing or repeating a line', async () => {
    const followers = [task('rotation'), everything].map((match) => source.walk(match));
    for (const walk of followers) {
      await walk.seekTail();
      await readWalk(walk, 'forward');
    }
    const expected = Array.from({ length: 400 }, (_, index) => `line ${index}`);
    const followed = Promise.all(followers.map((walk) => followTo(walk, 'line 399')));
    for (const [index, message] of expected.entries()) {
      await journald.sendNative({ MESSAGE: message, TASK: 'rotation', NOISE: String(index % 7) });
      if (index % 100 === 50) await journald.rotate();
    }
    const [filtered, whole] = await followed;
    expect(filtered).toEqual(expected);
    expect(whole?.filter((message) => message.startsWith('line '))).toEqual(expected);
    for (const walk of followers) walk.close();
  });

  it('is the same log that journalctl reads', async () => {
    await journald.sendNative({ MESSAGE: 'line one\nline two', TASK: 'same', BYTES: Buffer.from([0, 1, 0xff]) });
    await journald.systemdCat(['-t', 'cat'], 'from systemd-cat\n');
    await journald.sync();
    const oracle = new JournalctlSource([journald.directory]);
    for (const match of [everything, task('same'), equals('SYSLOG_IDENTIFIER', 'cat')]) {
      const [ours, theirs] = [source.walk(match), oracle.walk(match)];
      const read = await readWalk(ours, 'forward');
      expect(read.length).toBeGreaterThan(0);
      expect(read).toEqual(await readWalk(theirs, 'forward'));
      ours.close();
    }
    await oracle.close();
  });

  it('hands a line over soon after journald has it', async () => {
    const walk = source.walk(task('latency'));
    await walk.seekTail();
    await readWalk(walk, 'forward');
    const delays: number[] = [];
    for (let index = 0; index < 30; index++) {
      const followed = followTo(walk, String(index));
      const sent = performance.now();
      await journald.sendNative({ MESSAGE: String(index), TASK: 'latency' });
      await followed;
      delays.push(performance.now() - sent);
    }
    // The machine may be busy: what the way takes is what the quickest take.
    expect(Math.min(...delays)).toBeLessThan(40);
    walk.close();
  });

  it('goes on at a cursor after journald has been restarted', async () => {
    const walk = source.walk(task('restart'));
    await walk.seekTail();
    await journald.sendNative({ MESSAGE: 'before', TASK: 'restart' });
    await journald.sync();
    expect(await readWalk(walk, 'forward', 1, messageOf)).toEqual(['before']);
    await journald.restart();
    await journald.sendNative({ MESSAGE: 'after', TASK: 'restart' });
    await journald.sync();
    expect(await readMessages(walk, 'forward')).toEqual(['after']);
    walk.close();
  });
});
