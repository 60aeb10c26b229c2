import { join } from 'node:path';
import { expect, it } from 'vitest';
import { JournalWriter } from '../../../../../test/fixtures/journal-writer/journal-writer.ts';
import { equals, type Match, present } from '../../../src/journal/match.ts';
import { openJournal } from '../../../src/journal/open-source.ts';
import type { JournalSource } from '../../../src/journal/source.ts';
import { readMessages } from '../read-walk.ts';
import { testDirectory } from '../test-directory.ts';

const machineId = '0123456789abcdef0123456789abcdef';
const directory = testDirectory();

/** Follows until `count` messages have come; counts how often it was woken. */
async function follow(source: JournalSource, match: Match, count: number) {
  const walk = source.walk(match);
  await walk.seekTail();
  const messages: string[] = [];
  let woken = 0;
  for (;;) {
    messages.push(...(await readMessages(walk, 'forward')));
    if (messages.length >= count) break;
    await walk.wait(AbortSignal.timeout(20_000));
    woken++;
  }
  walk.close();
  return { messages, woken };
}

it('many followers of many tasks each get their lines in order, and are not woken for others', async () => {
  const tasks = 100;
  const rounds = 5;
  let writer = new JournalWriter({ path: join(directory, machineId, 'system.journal'), machineId });
  const source = await openJournal({ directories: [directory] });
  let number = 0;
  const append = (task: number): void => {
    number++;
    const fields = [
      ['MESSAGE', `${task}:${number}`],
      ['TASK', String(task)],
    ] as const;
    writer.append({ realtime: Date.now() * 1000, monotonic: number * 1000, fields });
  };
  append(0);
  const followers = Promise.all(
    Array.from({ length: tasks }, (_, task) => follow(source, equals('TASK', String(task)), rounds)),
  );
  const whole = follow(source, present('TASK'), tasks * rounds);
  await new Promise((resolve) => setTimeout(resolve, 30));
  for (let round = 0; round < rounds; round++) {
    for (let task = 0; task < tasks; task++) {
      append(task);
      // In between, so that lines come in many polls.
      if (task % 25 === 0) await new Promise((resolve) => setTimeout(resolve, 11));
    }
    if (round === 2) writer = writer.rotate().writer;
  }
  const expected = (task: number) =>
    Array.from({ length: rounds }, (_, round) => `${task}:${2 + round * tasks + task}`);
  let woken = 0;
  for (const [task, follower] of (await followers).entries()) {
    expect(follower.messages).toEqual(expected(task));
    woken += follower.woken;
  }
  expect((await whole).messages).toHaveLength(tasks * rounds);
  // Each is woken for its own lines, once for the rotation, and little more.
  expect(woken).toBeLessThan(tasks * (rounds + 4));
  await source.close();
  writer.close();
});
