import { describe, expect, test } from 'vitest';
import { agentSource, servicesOf, serviceTree, taskSource } from '../../src/sources/catalogue.ts';
import { task } from './tasks.ts';

const tasks = [
  task('a', { service: '/web/frontend' }),
  task('b', { service: '/web/frontend', state: 'TASK_FAILED', completed: true }),
  task('c', { service: '/web' }),
  task('d', { service: '/batch/report', state: 'TASK_FINISHED', completed: true }),
  task('e'),
];

describe('the tree of services', () => {
  test('is made of their paths, sorted, with folders that may be services themselves', () => {
    const [batch, web] = serviceTree(tasks);
    expect([batch?.path, batch?.instances]).toEqual(['/batch', undefined]);
    expect(batch?.children.map(({ path }) => path)).toEqual(['/batch/report']);
    expect(web?.instances?.map(({ id }) => id)).toEqual(['c']);
    expect(web?.children[0]?.instances?.map(({ id }) => id)).toEqual(['a', 'b']);
  });

  test('counts what runs and what has ended, of everything below', () => {
    const counts = serviceTree(tasks).map(({ running, ended }) => [running, ended]);
    expect(counts).toEqual([
      [0, 1],
      [2, 1],
    ]);
  });

  test('leaves out tasks that no service is known of', () => {
    expect(serviceTree([task('e')])).toEqual([]);
  });

  test('knows the services of a folder', () => {
    expect(serviceTree(tasks).flatMap(servicesOf)).toEqual(['/batch/report', '/web', '/web/frontend']);
  });
});

describe('a task in the list', () => {
  const now = new Date('2026-11-21T18:00:00Z');

  test('says where it runs and what became of it', () => {
    expect(taskSource(task('a'), now)).toMatchObject({ detail: 'node-1, running', state: 'running' });
    const failed = taskSource(task('b', { state: 'TASK_FAILED', completed: true }), now);
    expect(failed.state).toBe('failed');
    expect(failed.detail).toMatch(/^node-1, failed .*\d/);
    expect(taskSource(task('c', { state: 'TASK_UNREACHABLE' }), now).state).toBe('silent');
  });

  test('has a name by which people know it', () => {
    const id = 'web_frontend.instance-3fa2c0de-0000-4000-8000-000000000000._app.1';
    expect(taskSource(task(id, { service: '/web/frontend' }), now).name).toBe('frontend·3fa2');
  });
});

test('a node says when it does not answer, or its clock is off', () => {
  const node = { id: 'S1', host: 'node-1', active: true, waited_for: true };
  expect(agentSource(node)).toMatchObject({ value: 'S1', name: 'node-1', detail: '' });
  const lost = agentSource({ ...node, active: false, waited_for: false, clock_offset: -3_000_000 });
  expect(lost).toMatchObject({ detail: 'does not answer, clock off by 3 s', state: 'silent' });
});
