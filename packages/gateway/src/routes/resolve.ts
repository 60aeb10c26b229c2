import { CodedError } from '@clusterlog/shared';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import type { Caller } from '../auth/caller.ts';
import type { ClusterIndex } from '../mesos/cluster-index.ts';
import type { MesosAgent, MesosTask } from '../mesos/model.ts';
import type { Policy, Subject } from '../policy/policy.ts';
import { type AgentAddressing, agentOrigin } from './agent-origin.ts';

/** What a request is about, and the node agent that can answer it. */
export interface Target {
  readonly subject: Subject;
  /** Undefined only where the caller may not read the subject: nothing more is then said of it. */
  readonly agent: AgentAddress | undefined;
}

export interface AgentAddress {
  /** The id that the node agent answers to. */
  readonly id: string;
  /** As in `http://10.0.0.5:61001`. */
  readonly origin: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on every route that a node agent answers. */
    target: Target | undefined;
  }
}

export interface ResolveOptions {
  index: Pick<ClusterIndex, 'agent' | 'resolveTask' | 'status'>;
  /** The agent of the gateway's own node. */
  localAgent: AgentAddress | undefined;
  addressing: AgentAddressing;
  /** Parts of task ids are searched only among what the caller may read. */
  policy: Policy;
}

/** Second step of a request: what is it about, and who can answer it? Sets `request.target`, or fails with 404, 409 or 503. */
export const resolve = fastifyPlugin<ResolveOptions>(
  async (app: FastifyInstance, options) => {
    app.decorateRequest('target', undefined);
    app.addHook('preHandler', async (request) => {
      const { log } = request.routeOptions.config;
      if (log === undefined) return;
      const { agentId = '', taskId = '' } = request.params as { agentId?: string; taskId?: string };
      request.audit.target =
        log.names === 'local-agent' ? 'local agent' : log.names === 'agent' ? `agent ${agentId}` : `task ${taskId}`;
      if (log.names === 'local-agent') request.target = ownNode(options);
      if (log.names === 'agent') request.target = node(agentId, options);
      if (log.names === 'task') request.target = taskOf(taskId, request.caller, options);
    });
  },
  { name: 'resolve', fastify: '5.x', dependencies: ['authenticate'] },
);

function ownNode({ localAgent }: ResolveOptions): Target {
  if (localAgent === undefined) throw new CodedError('no-local-agent', {});
  return { subject: { kind: 'node', agentId: localAgent.id }, agent: localAgent };
}

function node(agentId: string, options: ResolveOptions): Target {
  requireMesos(options);
  return { subject: { kind: 'node', agentId }, agent: agentOf(agentId, options) };
}

function taskOf(text: string, caller: Caller, options: ResolveOptions): Target {
  requireMesos(options);
  const visible = (task: MesosTask) => options.policy.decide(caller, { kind: 'task', task }).allowed;
  // Every id contains the empty text, which nobody means as a part.
  if (text === '') throw new CodedError('unknown-task', { task: text });
  const resolution = options.index.resolveTask(text, visible);
  if (resolution.kind === 'unknown') throw new CodedError('unknown-task', { task: text });
  if (resolution.kind === 'ambiguous') {
    throw new CodedError('ambiguous-task', {
      task: text,
      count: resolution.total,
      candidates: namesOf(resolution.candidates),
    });
  }
  const { task } = resolution;
  const subject: Subject = { kind: 'task', task };
  if (!visible(task)) return { subject, agent: undefined };
  if (task.containerId === undefined) throw new CodedError('no-container', { task: task.id });
  return { subject, agent: agentOf(task.agentId, options) };
}

function requireMesos({ index }: ResolveOptions): void {
  if (index.status().state === 'never-reached') throw new CodedError('mesos-never-reached', {});
}

/** The agent to ask for what this agent id held: the journal outlives the id, so a successor at its address will do. */
function agentOf(agentId: string, { index, addressing }: ResolveOptions): AgentAddress {
  const known = index.agent(agentId);
  if (known === undefined) throw new CodedError('unknown-agent', { agent: agentId });
  if (known.goneSince !== undefined && known.successor === undefined) {
    throw new CodedError('agent-gone', { agent: agentId, since: new Date(known.goneSince).toISOString() });
  }
  const agent: MesosAgent = known.successor ?? known.agent;
  return { id: agent.id, origin: agentOrigin(agent, addressing) };
}

/** Ids alone, unless runs of one id in several frameworks are what is ambiguous. */
function namesOf(tasks: readonly MesosTask[]): string {
  const sameId = new Set(tasks.map(({ id }) => id)).size < tasks.length;
  return tasks.map(({ id, frameworkId }) => (sameId ? `${id} (framework ${frameworkId})` : id)).join(', ');
}
