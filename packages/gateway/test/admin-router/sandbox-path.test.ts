import { fc, it as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { parseSandboxPath } from '../../src/admin-router/sandbox-path.ts';

const onDisk = '/var/lib/mesos/slave/slaves/S1/frameworks/F1/executors/E1/runs/C1';
const none = { nested: [], taskId: undefined };

describe('a path of a sandbox', () => {
  test.each([
    [onDisk, onDisk, none],
    [`${onDisk}/`, onDisk, none],
    [`${onDisk}/.`, onDisk, none],
    [`${onDisk}//a/./b`, `${onDisk}/a/b`, none],
    [`${onDisk}/...`, `${onDisk}/...`, none],
    [`${onDisk}/containers/X/stdout`, `${onDisk}/containers/X/stdout`, { nested: ['X'], taskId: undefined }],
    [
      `${onDisk}/containers/X/containers/Y`,
      `${onDisk}/containers/X/containers/Y`,
      { nested: ['X', 'Y'], taskId: undefined },
    ],
    [`${onDisk}/tasks/app.main/stdout`, `${onDisk}/tasks/app.main/stdout`, { nested: [], taskId: 'app.main' }],
    [`${onDisk}/containers`, `${onDisk}/containers`, none],
    [`${onDisk}/tasks`, `${onDisk}/tasks`, none],
  ])('on disk is taken apart: %s', (text, path, parts) => {
    expect(parseSandboxPath(text)).toEqual({
      path,
      agentId: 'S1',
      frameworkId: 'F1',
      executorId: 'E1',
      run: 'C1',
      ...parts,
    });
  });

  test('may be a virtual one, which names no agent', () => {
    expect(parseSandboxPath('/frameworks/F1/executors/E1/runs/latest/stdout')).toEqual({
      path: '/frameworks/F1/executors/E1/runs/latest/stdout',
      agentId: undefined,
      frameworkId: 'F1',
      executorId: 'E1',
      run: 'latest',
      ...none,
    });
  });

  test('is of the sandbox that it enters first, whatever folders a task makes in it', () => {
    const inside = `${onDisk}/slaves/S1/frameworks/F2/executors/E2/runs/C2/stdout`;
    expect(parseSandboxPath(inside)).toMatchObject({ frameworkId: 'F1', executorId: 'E1', run: 'C1' });
    const virtual = '/frameworks/F1/executors/E1/runs/latest/frameworks/F2/executors/E2/runs/C2';
    expect(parseSandboxPath(virtual)).toMatchObject({ frameworkId: 'F1', run: 'latest' });
  });

  test.each([
    '',
    '.',
    'var/lib/mesos/slaves/S1/frameworks/F1/executors/E1/runs/C1',
    '/slave/log',
    '/agent/log',
    '/master/log',
    '/etc/passwd',
    '/var/lib/mesos/slave/slaves/S1/frameworks/F1/executors/E1/runs',
    '/var/lib/mesos/slave/slaves/S1/frameworks/F1/executors/E1',
    '/var/lib/mesos/slave/volumes/roles/r/v',
    '/frameworks/F1/executors/E1/runs',
    `${onDisk}/../C2`,
    `${onDisk}/a/../../C2`,
    `${onDisk}/..`,
    '/frameworks/F1/executors/../runs/latest',
    '/x/frameworks/F1/executors/E1/runs/latest',
    `${onDisk}\0`,
  ])('is none: %j', (text) => {
    expect(parseSandboxPath(text)).toBeUndefined();
  });

  const segment = fc.oneof(
    fc.constantFrom(
      'slaves',
      'frameworks',
      'executors',
      'runs',
      'containers',
      'tasks',
      'latest',
      '..',
      '.',
      '',
      'S1',
      'F',
      'E',
      'C',
    ),
    fc.string({ maxLength: 3 }),
  );
  property.prop([fc.array(segment, { maxLength: 14 })])(
    'never leads out of itself, and means the same when read again',
    (segments) => {
      const parsed = parseSandboxPath(`/${segments.join('/')}`);
      if (parsed === undefined) return;
      expect(parsed.path.split('/')).not.toContain('..');
      expect(parsed.path).toContain(
        `/frameworks/${parsed.frameworkId}/executors/${parsed.executorId}/runs/${parsed.run}`,
      );
      expect(parseSandboxPath(parsed.path)).toEqual(parsed);
    },
  );
});
