import type { FastifyRequest } from 'fastify';
import type { ClusterContext } from '../cluster/cluster-context.ts';
import { ClusterScope, type ScopeQuery } from '../cluster/cluster-scope.ts';
import { servicePath } from '../mesos/service-path.ts';
import { requireMesos } from './resolve.ts';

/** `GET /v3/tasks`: the tasks whose logs the caller may read, ended ones included as long as they are remembered. */
export function answerTasks({ scope }: ClusterContext, request: FastifyRequest) {
  const query = request.query as ScopeQuery & { readonly limit?: number };
  const { index } = scope;
  const wanted = new ClusterScope(scope, request.caller, query);
  const tasks = [];
  for (const task of index.tasks()) {
    if (!wanted.readsTask(task)) continue;
    const { id, name, agentId, frameworkId, frameworkName, executorId, containerId, state, completed, updatedAt } =
      task;
    tasks.push({
      id,
      name,
      agent: agentId,
      host: index.agent(agentId)?.agent.hostname,
      framework: frameworkId,
      framework_name: frameworkName,
      service: servicePath(task),
      executor: executorId,
      container: containerId,
      state,
      completed,
      updated: Math.round(updatedAt * 1e6),
    });
  }
  request.audit.decision = 'granted';
  tasks.sort((a, b) => Number(a.completed) - Number(b.completed) || b.updated - a.updated);
  const { limit } = query;
  return { total: tasks.length, tasks: limit === undefined ? tasks : tasks.slice(0, limit) };
}

/** `GET /v3/agents`: the nodes of which the caller may read something, and how their clocks are. */
export function answerAgents({ scope, clocks, mergeOptions }: ClusterContext, request: FastifyRequest) {
  const { index, policy, localAgent } = scope;
  if (localAgent === undefined) requireMesos({ index });
  const readable = (agentId: string) => policy.decide(request.caller, { kind: 'node', agentId }).allowed;
  const agents = [...index.agents()].map(({ id, hostname, active }) => ({ id, host: hostname, active }));
  if (localAgent !== undefined && index.agent(localAgent.id) === undefined) {
    agents.push({ id: localAgent.id, host: localAgent.id, active: true });
  }
  request.audit.decision = 'granted';
  return {
    agents: agents
      .filter(({ id }) => readable(id))
      .map((agent) => {
        const offset = clocks.offset(agent.id);
        const isWaitedFor = offset === undefined || Math.abs(offset) <= mergeOptions.holdBack * 1_000;
        return { ...agent, clock_offset: offset, waited_for: isWaitedFor };
      })
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
  };
}
