import { describe, expect, it } from 'vitest';
import { startOf, type TaskStart } from '../../src/cluster/task-start.ts';
import { task } from '../gateway.ts';

const uuid = '01234567-89ab-4cde-8f01-23456789abcd';
const scope = { read: 'node', withhold: [], files: [] } as const;

function start(id: string, agentId: string, before: readonly (readonly [id: string, agentId: string])[]): TaskStart {
  const read = before.map(([other, of]) => ({ id: other, agentId: of, scope, task: task(other, { agentId: of }) }));
  return startOf(task(id), agentId, read as unknown as Parameters<typeof startOf>[2]);
}

describe('a task that starts', () => {
  it('is new where nothing is known of its instance', () => {
    expect(start(`web.instance-${uuid}._app.1`, 'S1', [])).toBe('started');
    const other = uuid.replace('0', '1');
    expect(start(`web.instance-${uuid}._app.2`, 'S1', [[`web.instance-${other}._app.1`, 'S2']])).toBe('started');
  });

  it('is its instance restarted on the same node, or moved to another one', () => {
    expect(start(`web.instance-${uuid}._app.2`, 'S1', [[`web.instance-${uuid}._app.1`, 'S1']])).toBe('restarted');
    expect(start(`web.instance-${uuid}._app.2`, 'S2', [[`web.instance-${uuid}._app.1`, 'S1']])).toBe('moved');
  });

  it('comes from where the last one before it was', () => {
    const before = [
      [`web.instance-${uuid}._app.1`, 'S1'],
      [`web.instance-${uuid}._app.10`, 'S3'],
      [`web.instance-${uuid}._app.9`, 'S2'],
    ] as const;
    expect(start(`web.instance-${uuid}._app.11`, 'S3', before)).toBe('restarted');
    expect(start(`web.instance-${uuid}._app.10`, 'S2', before)).toBe('restarted');
  });

  it('is another container of a pod where only the instance is the same', () => {
    expect(start(`pod.instance-${uuid}.sync.2`, 'S2', [[`pod.instance-${uuid}.web.1`, 'S1']])).toBe('started');
    expect(start(`pod.instance-${uuid}.web.2`, 'S2', [[`pod.instance-${uuid}.web.1`, 'S1']])).toBe('moved');
  });

  it('is new where no scheduler counts', () => {
    expect(start('nightly.2', 'S2', [['nightly.1', 'S1']])).toBe('started');
  });
});
