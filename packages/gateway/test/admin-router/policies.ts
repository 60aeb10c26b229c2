import type { WithholdRule } from '@clusterlog/shared';
import type { MesosTask } from '../../src/mesos/model.ts';
import { everyoneReadsEverything } from '../../src/policy/everyone-reads-everything.ts';
import type { Policy } from '../../src/policy/policy.ts';

const everything = everyoneReadsEverything({ stream: false, trusted: [] });

/** alice reads everything; everybody else the tasks that fit, and no node. */
export function onlyTasks(fits: (task: MesosTask) => boolean): Policy {
  return {
    ...everything,
    decide: (caller, subject) =>
      caller.uid === 'alice' || (subject.kind === 'task' && fits(subject.task))
        ? everything.decide(caller, subject)
        : { allowed: false, reason: 'for the test' },
  };
}

/** Everybody reads everything but what is withheld. */
export function withholding(rule: WithholdRule): Policy {
  return {
    ...everything,
    decide: (caller, subject) => {
      const grant = everything.decide(caller, subject);
      return grant.allowed ? { ...grant, scope: { ...grant.scope, withhold: [rule] } } : grant;
    },
  };
}
