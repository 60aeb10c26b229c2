import type { EntryToAppend, Field } from '../fixtures/journal-writer/journal-writer.ts';
import { Random } from '../fixtures/random.ts';

export const bootId = 'b0'.repeat(16);

/**
 * A log of one boot and twenty tasks, an entry a millisecond at most.
 *
 * @param first realtime before the first entry, µs
 */
export function* log(count: number, first: number): Generator<EntryToAppend> {
  const random = new Random(1);
  let elapsed = 0;
  for (let index = 0; index < count; index++) {
    elapsed += 1 + random.below(2000);
    const task = random.below(20);
    const fields: Field[] = [
      ['MESSAGE', `line ${index} of task ${task} ${'.'.repeat(random.below(80))}`],
      ['PRIORITY', String(random.below(8))],
      ['STREAM', random.below(5) === 0 ? 'STDERR' : 'STDOUT'],
      ['TASK', `task-${task}`],
      ['PID', String(1000 + task)],
    ];
    yield { realtime: first + elapsed, monotonic: 1_000_000 + elapsed, bootId, fields };
  }
}
