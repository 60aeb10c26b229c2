import { type FieldCondition, isFieldName } from '@clusterlog/shared';
import { ConfigurationError } from '@clusterlog/shared/server';
import { everyoneReadsEverything } from './everyone-reads-everything.ts';
import type { Policy } from './policy.ts';
import type { TaskForms } from './task-scope.ts';

export interface PolicyOptions {
  readonly policy?: string;
  readonly taskForm: readonly string[];
  readonly taskTrustedMatch: readonly string[];
}

/**
 * The policy in force.
 *
 * @throws ConfigurationError for a policy file, which this version cannot read: starting without it would grant more than
 *   its writer meant
 */
export function openPolicy({ policy, taskForm, taskTrustedMatch }: PolicyOptions): Policy {
  if (policy !== undefined) {
    throw new ConfigurationError(
      `--policy ${policy}: this version cannot read policy files; without --policy every authenticated caller reads everything`,
    );
  }
  const forms: TaskForms = { stream: taskForm.includes('stream'), trusted: taskTrustedMatch.map(trustedCondition) };
  return everyoneReadsEverything(forms);
}

function trustedCondition(text: string): FieldCondition {
  const equals = text.indexOf('=');
  const field = text.slice(0, equals);
  if (equals < 1 || !isFieldName(field)) {
    throw new ConfigurationError(
      `--task-trusted-match: expected FIELD=VALUE, such as _UID=0, found ${JSON.stringify(text)}`,
    );
  }
  return { field, in: [text.slice(equals + 1)] };
}
