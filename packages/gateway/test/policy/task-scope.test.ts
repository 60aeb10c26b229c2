import { Scope } from '@clusterlog/shared';
import { Value } from 'typebox/value';
import { describe, expect, test } from 'vitest';
import { taskScope } from '../../src/policy/task-scope.ts';

const identity = { id: 'app.1', frameworkId: 'F', executorId: 'E', containerId: 'root.child' };
const withoutFramework = { field: 'FRAMEWORK_ID', present: false };

describe('the scope of a task', () => {
  test('is the container logger’s triple, or Docker’s container name where no framework is claimed', () => {
    expect(taskScope(identity, { stream: false, trusted: [] }).read).toEqual([
      [
        { field: 'FRAMEWORK_ID', in: ['F'] },
        { field: 'EXECUTOR_ID', in: ['E'] },
        { field: 'CONTAINER_ID', in: ['root.child'] },
      ],
      [{ field: 'CONTAINER_NAME', in: ['mesos-root.child'] }, withoutFramework],
    ]);
  });

  test('takes stdout streams named like the task or its executor only when told to', () => {
    const { read } = taskScope(identity, { stream: true, trusted: [] });
    expect(read[2]).toEqual([
      { field: 'SYSLOG_IDENTIFIER', in: ['app.1', 'E'] },
      { field: '_TRANSPORT', in: ['stdout'] },
      withoutFramework,
    ]);
    expect(taskScope({ ...identity, executorId: 'app.1' }, { stream: true, trusted: [] }).read[2]).toContainEqual({
      field: 'SYSLOG_IDENTIFIER',
      in: ['app.1'],
    });
  });

  test('asks the trusted matches of every form', () => {
    const trusted = [{ field: '_UID', in: ['0'] }];
    const { read } = taskScope(identity, { stream: true, trusted });
    expect(read).toHaveLength(3);
    for (const group of read) expect(group).toContainEqual(trusted[0]);
  });

  test('has the files of its container', () => {
    const { files } = taskScope(identity, { stream: false, trusted: [] });
    expect(files).toEqual([{ framework: 'F', executor: 'E', container: 'root.child' }]);
  });

  test('of a task without container is nothing', () => {
    const { read, files } = taskScope({ ...identity, containerId: undefined }, { stream: true, trusted: [] });
    expect([read, files]).toEqual([[], []]);
  });

  test('is one that agents understand, whatever the ids hold', () => {
    for (const id of ['', ' ', 'a=b', '"\\', '日本', 'x'.repeat(1000)]) {
      const scope = taskScope({ id, frameworkId: id, executorId: id, containerId: id }, { stream: true, trusted: [] });
      expect(Value.Check(Scope, scope)).toBe(true);
    }
  });
});
