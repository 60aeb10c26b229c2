import { CodedError } from '@clusterlog/shared';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import {
  type LeaderNode,
  type LeaderOptions,
  marathonLeaderNode,
  mesosLeaderNode,
} from '../admin-router/leader-node.ts';
import type { Caller } from '../auth/caller.ts';
import type { ClusterIndex } from '../mesos/cluster-index.ts';
import type { MesosAgent, MesosTask } from '../mesos/model.ts';
import type { Policy, Subject } from '../policy/policy.ts';
import { type AgentAddressing, agentOrigin } from './agent-origin.ts';
import type { LogRoute } from './log-routes.ts';
import { type SandboxParameters, sandboxOf, type TaskSandbox } from './task-sandbox.ts';

/** Admin Router's mark of a request that it has sent on to a leader. */
export const forwardedHeader = 'dcos-forwarded';

/** What a route is about, for audit lines. */
const targetNames: Readonly<Record<LogRoute['names'], (id: string) => string>> = {
  'local-agent': () => 'local agent',
  agent: (id) => `agent ${id}`,
  task: (id) => `task ${id}`,
  'mesos-leader': () => 'node of the leading Mesos master',
  'marathon-leader': () => 'node of the leading Marathon',
};

/** What a request is about, and the node agent that can answer it. */
export interface Target {
  readonly subject: Subject;
  /** The sandbox on that node which the path names. */
  readonly inSandbox?: TaskSandbox;
  /** Undefined only where the caller may not read the subject: nothing more is then said of it. */
  readonly agent: AgentAddress | undefined;
  /** The answer comes from the node of a leader elsewhere: who is asked must not pass the question on once more. */
  readonly forwarded?: boolean;
}

export interface AgentAddress {
  /** The id that the node agent answers to. */
  readonly id: string;
  /** As in `http://10.0.0.5:61001`. */
  readonly origin: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on every route that a node agent answers, and on those about a task. */
    target: Target | undefined;
  }
}

export interface ResolveOptions {
  index: Pick<ClusterIndex, 'agent' | 'agents' | 'resolveTask' | 'status' | 'tasksOfExecutor'>;
  /** The agent of the gateway's own node. */
  localAgent: AgentAddress | undefined;
  addressing: AgentAddressing;
  leaders: Pick<LeaderOptions, 'marathon' | 'masterAgentId'>;
  /** Parts of task ids are searched only among what the caller may read. */
  policy: Policy;
}

/** Second step of a request: what is it about, and who can answer it? Sets `request.target`, or fails with 404, 409 or 503. */
export const resolve = fastifyPlugin<ResolveOptions>(
  async (app: FastifyInstance, options) => {
    const leaderOptions: LeaderOptions = { ...options, ...options.leaders };
    app.decorateRequest('target', undefined);
    app.addHook('preHandler', async (request) => {
      const { log, names = log?.names } = request.routeOptions.config;
      if (names === undefined) return;
      const { agentId = '', taskId = '' } = request.params as { agentId?: string; taskId?: string };
      request.audit.target = targetNames[names](names === 'agent' ? agentId : taskId);
      if (names === 'local-agent') request.target = ownNode(options);
      if (names === 'agent') request.target = node(agentId, options);
      if (log?.sandbox === true && request.target !== undefined) {
        request.target = within(request.target, sandboxOf(request.params as SandboxParameters, options.index));
      }
      if (names === 'task') {
        if (agentId !== '') node(agentId, options);
        request.target = taskOf(taskId, request.caller, options);
      }
      if (names === 'mesos-leader') request.target = leaderTarget(mesosLeaderNode(leaderOptions), request);
      if (names === 'marathon-leader') request.target = leaderTarget(marathonLeaderNode(leaderOptions), request);
      if (hasContainer(request.params) && log?.sandbox !== true && request.target !== undefined) {
        request.target = ofContainer(request.target, request.params, request.caller, options);
      }
    });
  },
  { name: 'resolve', fastify: '5.x', dependencies: ['authenticate'] },
);

function ownNode({ localAgent }: ResolveOptions): Target {
  if (localAgent === undefined) throw new CodedError('no-local-agent', {});
  return { subject: { kind: 'node', agentId: localAgent.id }, agent: localAgent };
}

/**
 * The node of a leader. A request that another router has sent on already is not sent on again: two that take each other for
 * the leader would do so for ever.
 */
function leaderTarget({ agent, elsewhere }: LeaderNode, { headers }: FastifyRequest): Target {
  if (elsewhere && headers[forwardedHeader] === 'true') throw new CodedError('leader-elsewhere', {});
  return { subject: { kind: 'node', agentId: agent.id }, agent, forwarded: elsewhere };
}

function node(agentId: string, options: ResolveOptions): Target {
  requireMesos(options);
  return { subject: { kind: 'node', agentId }, agent: agentOf(agentId, options) };
}

/** A sandbox is of its tasks; one of no task that Mesos remembers is for those who may read the whole node. */
function within(node: Target, inSandbox: TaskSandbox): Target {
  const [task] = inSandbox.tasks;
  return task === undefined ? { ...node, inSandbox } : { ...node, inSandbox, subject: { kind: 'task', task } };
}

interface ContainerParameters {
  readonly framework: string;
  readonly executor: string;
  readonly container: string;
}

function hasContainer(params: unknown): params is ContainerParameters {
  return typeof params === 'object' && params !== null && 'container' in params;
}

/**
 * A container on a node, as API v1 names it. For who may not read the whole node it is the log of a task of his in there: all that he
 * may read of the node would not fit into a token.
 */
function ofContainer(
  target: Target,
  { framework, executor, container }: ContainerParameters,
  caller: Caller,
  { index, policy }: Pick<ResolveOptions, 'index' | 'policy'>,
): Target {
  if (target.subject.kind !== 'node') return target;
  const { agentId } = target.subject;
  const ofNode = policy.decide(caller, target.subject);
  if (ofNode.allowed && ofNode.scope.read === 'node') return target;
  const task = index
    .tasksOfExecutor(framework, executor)
    .filter((one) => one.containerId === container && one.agentId === agentId)
    .find((one) => policy.decide(caller, { kind: 'task', task: one }).allowed);
  return task === undefined ? target : { ...target, subject: { kind: 'task', task } };
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

/** @throws CodedError 503 while no master was ever reached */
export function requireMesos({ index }: { readonly index: Pick<ClusterIndex, 'status'> }): void {
  if (index.status().state === 'never-reached') throw new CodedError('mesos-never-reached', {});
}

function agentOf(agentId: string, { index, addressing }: ResolveOptions): AgentAddress {
  const agent = currentAgent(agentId, index);
  return { id: agent.id, origin: agentOrigin(agent, addressing) };
}

/**
 * The agent to ask for what this agent id held: the journal outlives the id, so a successor at its address will do.
 *
 * @throws CodedError 404 when it was never seen, 503 when it has left and nobody came in its place
 */
export function currentAgent(agentId: string, index: Pick<ClusterIndex, 'agent'>): MesosAgent {
  const known = index.agent(agentId);
  if (known === undefined) throw new CodedError('unknown-agent', { agent: agentId });
  if (known.goneSince !== undefined && known.successor === undefined) {
    throw new CodedError('agent-gone', { agent: agentId, since: new Date(known.goneSince).toISOString() });
  }
  return known.successor ?? known.agent;
}

/** Ids alone, unless runs of one id in several frameworks are what is ambiguous. */
function namesOf(tasks: readonly MesosTask[]): string {
  const sameId = new Set(tasks.map(({ id }) => id)).size < tasks.length;
  return tasks.map(({ id, frameworkId }) => (sameId ? `${id} (framework ${frameworkId})` : id)).join(', ');
}
