import { wholeNode } from '@clusterlog/shared';
import { describe, expect, test } from 'vitest';
import { createClusterIndex } from '../../src/mesos/cluster-index.ts';
import { openPolicy } from '../../src/policy/policy-options.ts';
import { task } from '../gateway.ts';

const context = { index: createClusterIndex(), onProblem: () => undefined };
const caller = { uid: 'alice', groups: [], expiresAt: undefined };

describe('the policy without a policy file', () => {
  const policy = openPolicy({ taskForm: ['stream'], taskTrustedMatch: ['_UID=0', '_CMDLINE=a=b'] }, context);

  test('lets every caller read a whole node', () => {
    expect(policy.decide(caller, { kind: 'node', agentId: 'S1' })).toMatchObject({ allowed: true, scope: wholeNode });
  });

  test('lets every caller read a task, in the forms and with the trusted matches given', () => {
    const grant = policy.decide(caller, { kind: 'task', task: task('app.1') });
    expect(grant.allowed && grant.scope.read).toHaveLength(3);
    expect(JSON.stringify(grant)).toContain('{"field":"_CMDLINE","in":["a=b"]}');
  });

  test('says that it is none', () => {
    expect(policy.description).toContain('no policy');
  });
});

test('a policy file that cannot be read, or is none, is refused', () => {
  const open = (policy: string) => () => openPolicy({ policy, taskForm: [], taskTrustedMatch: [] }, context);
  expect(open('/nowhere/policy.yaml')).toThrow('--policy /nowhere/policy.yaml: there is no such file');
  expect(open(import.meta.dirname)).toThrow('cannot be read (EISDIR)');
  expect(open(import.meta.filename)).toThrow('line 1: ');
});
