import { maximumLimit, type Scope } from '@clusterlog/shared';
import { servicePath } from '../mesos/service-path.ts';
import type { AgentCalls } from './agent-calls.ts';
import type { LaneTarget, ScopeQuery } from './cluster-scope.ts';
import { fieldAnswer } from './count-answers.ts';
import { gather } from './gather.ts';

/** How long the agents may look, in seconds. */
const budget = 2;
const fieldsPath = '/system/v1/logs/v3/fields/EXECUTOR_ID';

/**
 * Tasks that Mesos and this gateway have forgotten, as the journals still name them: by their `EXECUTOR_ID`, which of command
 * tasks is the task's id. Anyone on a node can write such a field, so nothing is decided by it: only nodes that the caller may
 * read whole are asked, and what is read of them is the node's log, narrowed.
 *
 * @param nodes the nodes that the caller may read
 */
export async function forgottenTasks(
  calls: AgentCalls,
  nodes: readonly LaneTarget[],
  query: ScopeQuery,
  signal: AbortSignal,
): Promise<LaneTarget[]> {
  const { task, service, label, framework, container } = query;
  // Of the rest a journal says too little, or nothing at all.
  if ((task === undefined) === (service === undefined) || label !== undefined) return [];
  if (framework !== undefined || container !== undefined) return [];
  const whole = nodes.filter(({ scope }) => scope.read === 'node');
  const asked = {
    path: fieldsPath,
    query: new URLSearchParams({ limit: String(maximumLimit), budget: String(budget) }),
  };
  const { answers } = await gather(calls, whole, asked, fieldAnswer, budget * 1_000, signal);
  const found = answers.flatMap(({ target, answer }) =>
    answer.values.flatMap(({ value }) => (typeof value === 'string' ? [{ target, executorId: value }] : [])),
  );
  const ids = [...new Set(found.map(({ executorId }) => executorId))];
  const meant = new Set(
    task?.flatMap((text) => idsOf(text, ids)) ?? ids.filter((id) => isOfService(id, service ?? [])),
  );
  return found
    .filter(({ executorId }) => meant.has(executorId))
    .map(({ target, executorId }) => ({
      ...target,
      id: `${target.agentId}/executor:${executorId}`,
      scope: narrowed(target.scope, executorId),
    }));
}

/** The whole id, or the only one of which this is a part. */
function idsOf(text: string, ids: readonly string[]): string[] {
  if (ids.includes(text)) return [text];
  const parts = text === '' ? [] : ids.filter((id) => id.includes(text));
  return parts.length === 1 ? parts : [];
}

function isOfService(id: string, services: readonly string[]): boolean {
  // Only Marathon writes its paths into ids.
  const path = servicePath({ id, frameworkName: 'marathon' });
  return services.some((service) => path === `/${service.replace(/^\/+/, '')}`);
}

function narrowed(scope: Scope, executorId: string): Scope {
  return { ...scope, read: [[{ field: 'EXECUTOR_ID', in: [executorId] }]], files: [] };
}
