import { expect, test } from 'vitest';
import { createClusterIndex } from '../../src/mesos/cluster-index.ts';
import { parseState } from '../../src/mesos/state.ts';

const TASKS = 100_000;
const FRAMEWORK = '600288cf-6a8e-445b-b3c6-800ac5ffe043-0000';

function taskId(i: number): string {
  return `group_service-${i % 997}.instance-${i.toString(16).padStart(8, '0')}-aaaa-11ee-9d5c-1e8f5f0e8a01._app.1`;
}

function largeState(): object {
  const tasks = Array.from({ length: TASKS }, (_, i) => ({
    id: taskId(i),
    name: `service-${i % 997}.group`,
    framework_id: FRAMEWORK,
    executor_id: '',
    slave_id: `600288cf-6a8e-445b-b3c6-800ac5ffe043-S${i % 500}`,
    state: 'TASK_RUNNING',
    role: '*',
    statuses: [
      {
        state: 'TASK_RUNNING',
        timestamp: 1795254870 + i,
        container_status: { container_id: { value: `container-${i}` } },
      },
    ],
    labels: [{ key: 'team', value: 'red' }],
  }));
  return { slaves: [], frameworks: [{ id: FRAMEWORK, name: 'marathon', tasks }] };
}

test('among 100,000 tasks an exact id is found in under 1 ms (p99) and a part of an id in under 20 ms', () => {
  const index = createClusterIndex();
  index.applySnapshot(parseState(largeState()), 'http://master:5050', 'poll');
  const times: number[] = [];
  for (let i = 0; i < 10_000; i++) {
    const id = taskId((i * 7919) % TASKS);
    const began = performance.now();
    const resolution = index.resolveTask(id, () => true);
    times.push(performance.now() - began);
    if (resolution.kind !== 'found') throw new Error(`${id} was not found`);
  }
  times.sort((a, b) => a - b);
  expect(times[9_900]).toBeLessThan(1);

  const parts = ['0001869f-aaaa', 'no task has this', 'service-996.group'].map((part) => {
    // The best of many: what else runs on the machine is not what is measured.
    const runs = Array.from({ length: 25 }, () => {
      const began = performance.now();
      index.resolveTask(part, () => true);
      return performance.now() - began;
    });
    return Math.min(...runs);
  });
  expect(Math.max(...parts)).toBeLessThan(20);
});
