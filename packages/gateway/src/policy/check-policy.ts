import { once } from 'node:events';
import type { FieldCondition } from '@clusterlog/shared';
import { ConfigurationError, commonOptions, neededText, text, texts } from '@clusterlog/shared/server';
import { Type } from 'typebox';
import type { ClusterIndex } from '../mesos/cluster-index.ts';
import { createClusterIndex, startMasterClient } from '../mesos/index.ts';
import type { Grant, Subject } from './policy.ts';
import { openPolicy, type PolicyOptions } from './policy-options.ts';

export const checkPolicyOptions = Type.Object({
  config: commonOptions.config,
  policy: neededText({ placeholder: 'FILE', description: 'The policy file.' }),
  uid: text({ placeholder: 'UID', description: 'The caller asked about. Without, only the file is checked.' }),
  groups: text({ placeholder: 'A,B', description: 'Groups he is in, separated by commas.' }),
  task: text({ placeholder: 'ID', description: 'A task, by its id or a part of it; needs --mesos-master.' }),
  node: text({ placeholder: 'AGENT-ID', description: 'A node’s logs; with --mesos-master also what of its tasks.' }),
  mesosMaster: texts({ placeholder: 'URL', description: 'Where what runs in the cluster is asked.' }),
  taskForm: texts({ placeholder: 'stream', description: 'As for the gateway.' }),
  taskTrustedMatch: texts({ placeholder: 'FIELD=VALUE', description: 'As for the gateway.' }),
});

/** What is asked: of the file alone, or of what a caller may read of one task or node. */
export interface PolicyQuestion extends PolicyOptions {
  readonly policy: string;
  readonly uid?: string;
  /** Separated by commas. */
  readonly groups?: string;
  readonly task?: string;
  readonly node?: string;
  readonly mesosMaster: readonly string[];
}

/** How long masters are given to tell their state, in milliseconds. */
const patience = 10_000;

/**
 * Checks a policy file and, when a caller is given, explains what he may read and why.
 *
 * @returns what to print
 * @throws ConfigurationError for a file that is no policy, and for a task that is not there
 */
export async function checkPolicy(options: PolicyQuestion): Promise<string> {
  const { uid, groups = '', task, node, mesosMaster } = options;
  const index = createClusterIndex();
  const policy = openPolicy(options, { index, onProblem: () => undefined });
  if (uid === undefined) return `${options.policy} is a policy`;
  if ((task === undefined) === (node === undefined)) {
    throw new ConfigurationError('with --uid give --task or --node, and only one of them');
  }
  if (mesosMaster.length > 0) await fill(index, mesosMaster);
  else if (task !== undefined)
    throw new ConfigurationError('--task needs --mesos-master: what is a task is known there');
  const caller = { uid, groups: groups.split(',').filter((group) => group !== ''), expiresAt: undefined };
  const subject: Subject =
    task === undefined ? { kind: 'node', agentId: node ?? '' } : { kind: 'task', task: taskOf(index, task) };
  return explain(policy.decide(caller, subject), caller, subject);
}

async function fill(index: ClusterIndex, masters: readonly string[]): Promise<void> {
  const log = { info: () => undefined, warn: () => undefined };
  const filled = once(index, 'snapshot', { signal: AbortSignal.timeout(patience) });
  const client = startMasterClient({ masters, index, log });
  try {
    await filled;
  } catch {
    const status = index.status();
    const reason = status.state === 'fresh' ? undefined : status.reason;
    throw new ConfigurationError(
      `--mesos-master: no master has told its state in ${patience / 1000} s: ${reason ?? 'no answer'}`,
    );
  } finally {
    await client.close();
  }
}

function taskOf(index: ClusterIndex, text: string) {
  const resolution = index.resolveTask(text, () => true);
  if (resolution.kind === 'found') return resolution.task;
  if (resolution.kind === 'unknown') throw new ConfigurationError(`--task: no task is called ${text}`);
  const ids = resolution.candidates.map(({ id }) => id).join(', ');
  throw new ConfigurationError(`--task: ${resolution.total} tasks are called so: ${ids}`);
}

function explain(grant: Grant, { uid }: { uid: string }, subject: Subject): string {
  const what = subject.kind === 'node' ? `node ${subject.agentId}` : `task ${subject.task.id}`;
  if (!grant.allowed) return `${uid} may not read ${what}: ${grant.reason}`;
  const { read, withhold } = grant.scope;
  const lines = [`${uid} may read ${what}: ${grant.reason}`];
  if (read === 'node') lines.push('  every entry');
  else for (const group of read) lines.push(`  ${group.map((condition) => describe(condition)).join(', ')}`);
  for (const { field, pattern } of withhold) {
    lines.push(pattern === undefined ? `  without ${field}` : `  without what ${pattern} finds in ${field}`);
  }
  return lines.join('\n');
}

function describe(condition: FieldCondition): string {
  if ('in' in condition) return `${condition.field}=${condition.in.join('|')}`;
  if ('notIn' in condition) return `${condition.field} not ${condition.notIn.join('|')}`;
  return condition.present ? `with ${condition.field}` : `without ${condition.field}`;
}
