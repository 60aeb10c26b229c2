import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import type { ClusterScope, LaneTarget } from '../../src/cluster/cluster-scope.ts';
import { ScopeWatch } from '../../src/cluster/scope-watch.ts';
import type { ClusterIndex } from '../../src/mesos/cluster-index.ts';
import { task } from '../gateway.ts';

const target = (id: string, completed: boolean): LaneTarget => ({
  id,
  agentId: 'S1',
  host: 'node-1',
  agent: undefined,
  scope: { read: 'node', files: [], withhold: [] } as unknown as LaneTarget['scope'],
  task: task(id, { completed, state: completed ? 'TASK_FINISHED' : 'TASK_RUNNING' }),
});

it('tells of a whole state what is new in it, and what has become of what is read', () => {
  const index = new EventEmitter();
  const read = new Map([['old', target('old', false)]]);
  const joined: string[] = [];
  const changed: (string | undefined)[] = [];
  const scope = { targets: () => [target('old', true), target('new', false)] };
  const watch = new ScopeWatch(index as unknown as ClusterIndex, scope as unknown as ClusterScope, {
    read: (id) => read.get(id),
    onJoined: ({ id }) => joined.push(id),
    onChanged: ({ id, task: now }) => changed.push(`${id} ${now?.state}`),
    onTooWide: () => joined.push('too wide'),
  });
  index.emit('snapshot');
  expect([joined, changed]).toEqual([['new'], ['old TASK_FINISHED']]);
  watch.stop();
  index.emit('snapshot');
  expect(joined).toEqual(['new']);
});
