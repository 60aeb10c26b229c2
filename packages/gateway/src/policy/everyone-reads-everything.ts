import { wholeNode } from '@clusterlog/shared';
import type { Policy } from './policy.ts';
import { type TaskForms, taskScope } from './task-scope.ts';

/** The policy without a policy file: every authenticated caller reads everything, as in open DC/OS. */
export function everyoneReadsEverything(forms: TaskForms): Policy {
  return {
    description: 'no policy: every authenticated caller reads everything',
    version: 0,
    decide: (_caller, subject) => ({
      allowed: true,
      reason: 'no policy',
      scope: subject.kind === 'node' ? wholeNode : taskScope(subject.task, forms),
    }),
  };
}
