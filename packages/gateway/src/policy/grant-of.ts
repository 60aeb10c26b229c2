import type { Sandbox } from '@clusterlog/shared';
import type { Caller } from '../auth/caller.ts';
import type { MesosTask } from '../mesos/model.ts';
import type { Grant, Policy, Subject } from './policy.ts';

/** What a request is about, as far as deciding goes. */
export interface Readable {
  readonly subject: Subject;
  /** A sandbox on the node, and the tasks whose output is in it. */
  readonly inSandbox?: { readonly sandbox: Sandbox; readonly tasks: readonly MesosTask[] };
}

/**
 * What a policy grants of a target. A sandbox is granted to who may read all of its tasks, and it alone; one of no task that
 * Mesos remembers to who may read the whole node.
 */
export function grantOf(policy: Policy, caller: Caller, { subject, inSandbox }: Readable): Grant {
  const refused = inSandbox?.tasks
    .map((task) => policy.decide(caller, { kind: 'task', task }))
    .find((grant) => !grant.allowed);
  const grant = refused ?? policy.decide(caller, subject);
  if (!grant.allowed || inSandbox === undefined) return grant;
  if (subject.kind === 'node' && grant.scope.read !== 'node') {
    return { allowed: false, reason: 'of no task that Mesos remembers, and the whole node is not allowed' };
  }
  return { ...grant, scope: { ...grant.scope, files: [inSandbox.sandbox] } };
}
