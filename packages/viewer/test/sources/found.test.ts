import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { found, typed } from '../../src/sources/found.ts';
import { agents, components, tasks } from '../../src/sources/lists.ts';
import { task } from './tasks.ts';

beforeEach(() => {
  tasks.value = {
    state: 'there',
    items: [
      task('web_frontend.instance-3fa2c0de-0000-4000-8000-000000000000._app.1', { service: '/web/frontend' }),
      task('old', { service: '/web/frontend', completed: true, state: 'TASK_FINISHED' }),
    ],
  };
  agents.value = { state: 'there', items: [{ id: 'S1', host: 'web-host', active: true, waited_for: true }] };
  components.value = { state: 'there', items: [{ component: 'webhook.service', entries: 3 }] };
});
afterEach(() => {
  typed.value = '';
});

describe('what is found', () => {
  test('is nothing as long as nothing is typed', () => {
    typed.value = '  ';
    expect(found.value).toBeUndefined();
  });

  test('is of every kind, each once', () => {
    typed.value = 'web';
    expect(new Set(found.value?.sources.map(({ kind }) => kind))).toEqual(
      new Set(['agent', 'component', 'service', 'task']),
    );
  });

  test('shows a service by its whole path before its instances', () => {
    typed.value = 'FRONT';
    expect(found.value?.sources[0]).toMatchObject({ kind: 'service', value: '/web/frontend', name: '/web/frontend' });
  });

  test('is found among 10,000 tasks too, and says how many are not shown', () => {
    const items = Array.from({ length: 10_000 }, (_, i) => task(`app_${i}`, { service: `/team/app-${i % 500}` }));
    tasks.value = { state: 'there', items };
    typed.value = 'app';
    expect(found.value?.sources).toHaveLength(60);
    expect(found.value?.more).toBe(10_000 + 500 - 60);
    typed.value = 'app 77';
    expect(found.value?.sources.length).toBeGreaterThan(10);
  });
});
