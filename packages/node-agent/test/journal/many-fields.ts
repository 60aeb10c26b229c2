import type { EntryToAppend, Field } from '../../../../test/fixtures/journal-writer/journal-writer.ts';
import { Random } from '../../../../test/fixtures/random.ts';

export const boots = ['b0'.repeat(16), 'b1'.repeat(16)] as const;

/**
 * Entries of 20 tasks in two boots, with everything a field can be: compressed, empty, binary, repeated, absent, of one
 * value in the whole journal and of a value of its own in each entry.
 */
export function manyEntries(count: number, seed = 1): EntryToAppend[] {
  const random = new Random(seed);
  let realtime = 1_700_000_000_000_000;
  let monotonic = 1_000_000;
  return Array.from({ length: count }, (_, i) => {
    if (i === Math.floor(count / 2)) monotonic = 1000;
    realtime += random.below(1000);
    monotonic += 1 + random.below(1000);
    const task = random.below(20);
    const fields: Field[] = [
      ['_HOSTNAME', 'node1'],
      ['PRIORITY', String(random.below(8))],
      ['_PID', String(1000 + task)],
      ['STREAM', random.below(5) === 0 ? 'STDERR' : 'STDOUT'],
      ['MESSAGE', `line ${i} of task ${task} ${'.'.repeat(random.below(80))}`],
    ];
    if (i % 131 !== 5) fields.push(['FRAMEWORK_ID', `framework-${task % 3}`], ['EXECUTOR_ID', `task-${task}`]);
    if (i % 97 === 0) fields.push(['BIG', `big value ${i % 5} `.repeat(100)]);
    if (i % 89 === 0) fields.push(['TAG', 'one'], ['TAG', `two-${i % 7}`]);
    if (i % 101 === 0) fields.push(['BINARY', Buffer.from([0, 255, 10, 61, i % 256])]);
    if (i % 211 === 0) fields.push(['EMPTY', '']);
    return { realtime, monotonic, bootId: boots[i < count / 2 ? 0 : 1], fields };
  });
}
