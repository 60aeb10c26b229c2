import { type FieldCondition, isFieldName } from '@clusterlog/shared';
import { ConfigurationError, WatchedFile } from '@clusterlog/shared/server';
import { type CompiledRule, compileRules } from './compiled-rules.ts';
import { everyoneReadsEverything } from './everyone-reads-everything.ts';
import { FilePolicy, type FilePolicyOptions, type RulesInForce } from './file-policy.ts';
import { parsePolicy } from './parse-policy.ts';
import type { Policy } from './policy.ts';
import type { TaskForms } from './task-scope.ts';

export interface PolicyOptions {
  readonly policy?: string;
  readonly taskForm: readonly string[];
  readonly taskTrustedMatch: readonly string[];
}

/** What a policy asks of the rest of the gateway. */
export interface PolicyContext {
  readonly index: FilePolicyOptions['index'];
  /** Told of a changed file that is none; the last good rules stay in force. */
  readonly onProblem: (problem: Error) => void;
}

/**
 * The policy in force: that of the file, re-read when it changes, or that everyone reads everything.
 *
 * @throws ConfigurationError for a policy file that cannot be read or is none: starting without it would grant more than its
 *   writer meant
 */
export function openPolicy({ policy, taskForm, taskTrustedMatch }: PolicyOptions, context: PolicyContext): Policy {
  const forms: TaskForms = { stream: taskForm.includes('stream'), trusted: taskTrustedMatch.map(trustedCondition) };
  if (policy === undefined) return everyoneReadsEverything(forms);
  return new FilePolicy({ path: policy, rules: watchRules(policy, context.onProblem), forms, index: context.index });
}

function watchRules(path: string, onProblem: (problem: Error) => void): () => RulesInForce {
  let problem: string | undefined;
  let file: WatchedFile<readonly CompiledRule[]>;
  try {
    file = new WatchedFile({
      path,
      parse: (bytes) => compileRules(parsePolicy(bytes.toString())),
      onProblem: (error) => {
        problem = messageOf(error);
        onProblem(error);
      },
    });
  } catch (error) {
    throw new ConfigurationError(`--policy ${path}: ${messageOf(error as Error)}`);
  }
  let version = 1;
  let rules = file.content;
  return () => {
    const content = file.content;
    if (content !== rules) {
      rules = content;
      problem = undefined;
      version += 1;
    }
    return { version, rules, problem };
  };
}

function messageOf(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  return code === undefined ? error.message : `cannot be read (${code})`;
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
