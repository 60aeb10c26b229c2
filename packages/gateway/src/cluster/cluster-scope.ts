import { CodedError, maximumScopeBytes, type Scope } from '@clusterlog/shared';
import type { Caller } from '../auth/caller.ts';
import type { ClusterIndex } from '../mesos/cluster-index.ts';
import type { MesosAgent, MesosTask } from '../mesos/model.ts';
import { servicePath } from '../mesos/service-path.ts';
import type { Policy } from '../policy/policy.ts';
import { type AgentAddressing, agentOrigin } from '../routes/agent-origin.ts';
import type { AgentAddress } from '../routes/resolve.ts';
import { newestLast } from './newest-last.ts';
import { endedBefore } from './task-end.ts';

/** The parameters of v3 that name what is read. */
export interface ScopeQuery {
  readonly agent?: readonly string[];
  readonly task?: readonly string[];
  readonly service?: readonly string[];
  readonly framework?: readonly string[];
  readonly container?: readonly string[];
  readonly label?: readonly string[];
}

const scopeKinds: ReadonlySet<string> = new Set(['agent', 'task', 'service', 'framework', 'container', 'label']);

/** What is read at one node agent: the node's journal, or one task's part of it. */
export interface LaneTarget {
  /** Names it within a merge and its cursors: begins with the agent's id. */
  readonly id: string;
  readonly agentId: string;
  readonly host: string;
  /** Undefined when the agent has left and nobody answers for it. */
  readonly agent: AgentAddress | undefined;
  readonly scope: Scope;
  readonly task: MesosTask | undefined;
  /** It is of a task that only journals know. */
  readonly isForgotten?: boolean;
}

export interface ClusterScopeOptions {
  readonly index: Pick<ClusterIndex, 'agent' | 'agents' | 'tasks' | 'resolveTask' | 'status'>;
  readonly policy: Policy;
  readonly localAgent: AgentAddress | undefined;
  readonly addressing: AgentAddressing;
}

/** More lanes than this are refused: each is a request to an agent. */
export const maximumLanes = 1_000;

/** What a query reads of the cluster, and what of that its caller may read: as the index and the policy are now. */
export class ClusterScope {
  readonly #options: ClusterScopeOptions;
  readonly #caller: Caller;
  readonly #query: ScopeQuery;
  /** Tasks rather than nodes are read. */
  readonly byTask: boolean;
  readonly #tests: readonly ((task: MesosTask) => boolean)[];
  readonly #forgotten: readonly LaneTarget[];
  readonly #since: number;

  /**
   * @param forgotten what the journals have of the tasks asked for, when Mesos knows none
   * @param since nothing older is read, µs since 1970
   * @throws CodedError 404, 409 for tasks that are not known or not unique; 503 while Mesos was never reached
   */
  constructor(
    options: ClusterScopeOptions,
    caller: Caller,
    query: ScopeQuery,
    forgotten: readonly LaneTarget[] = [],
    since = Number.NEGATIVE_INFINITY,
  ) {
    this.#forgotten = forgotten;
    this.#since = since;
    if (options.index.status().state === 'never-reached') throw new CodedError('mesos-never-reached', {});
    this.#options = options;
    this.#caller = caller;
    this.#query = query;
    this.byTask = query.task !== undefined || query.service !== undefined || query.label !== undefined;
    this.#tests = this.#taskTests();
    for (const id of query.agent ?? []) if (!this.#isKnown(id)) throw new CodedError('unknown-agent', { agent: id });
  }

  /**
   * What is to be read now, the newest last. Of more than can be read, tasks that ended before `since` are left out.
   *
   * @throws CodedError 400 for more than can be read, 403 when the caller may read nothing of it, 404 when there is no such
   * task
   */
  targets(): LaneTarget[] {
    const all = this.byTask ? this.#taskTargets() : this.#nodeTargets();
    // Fewer are read whole: the times that tasks end at are not told by the clocks that stamp their lines.
    const targets = all.length <= maximumLanes ? all : all.filter(({ task }) => !endedBefore(task, this.#since));
    if (targets.length > maximumLanes) {
      throw new CodedError('cluster-scope-too-wide', { found: targets.length, limit: maximumLanes });
    }
    return newestLast(targets);
  }

  /** Whether the policy still grants everything that is read of a target, and withholds nothing else from it. */
  stillGranted({ agentId, task, scope }: LaneTarget): boolean {
    const grant = this.#options.policy.decide(
      this.#caller,
      task === undefined ? { kind: 'node', agentId } : { kind: 'task', task },
    );
    if (!grant.allowed || JSON.stringify(grant.scope.withhold) !== JSON.stringify(scope.withhold)) return false;
    const { read } = grant.scope;
    if (read === 'node') return true;
    if (scope.read === 'node') return false;
    const granted = new Set(read.map((group) => JSON.stringify(group)));
    return scope.read.every((group) => granted.has(JSON.stringify(group)));
  }

  #taskTargets(): LaneTarget[] {
    let known = this.#forgotten.length;
    const targets: LaneTarget[] = [...this.#forgotten];
    for (const task of this.#options.index.tasks()) {
      const target = this.taskTarget(task);
      if (target !== undefined) known++;
      if (target !== undefined && target !== 'no-container') targets.push(target);
    }
    if (known === 0) throw new CodedError('nothing-in-scope', {});
    return targets;
  }

  /** A task as a target; undefined when it is not in the scope, or not for this caller. */
  taskTarget(task: MesosTask): LaneTarget | 'no-container' | undefined {
    if (!this.byTask || !this.#tests.every((test) => test(task))) return undefined;
    const grant = this.#options.policy.decide(this.#caller, { kind: 'task', task });
    if (!grant.allowed) return undefined;
    if (task.containerId === undefined) return 'no-container';
    return this.#target(`${task.agentId}/${task.containerId}`, task.agentId, grant.scope, task);
  }

  /** Whether a task fits the parameters that say something of tasks, and the caller may read its log. */
  readsTask(task: MesosTask): boolean {
    return (
      this.#tests.every((test) => test(task)) &&
      this.#options.policy.decide(this.#caller, { kind: 'task', task }).allowed
    );
  }

  /** The targets of one node; none when it is not in the scope, or not for this caller. */
  nodeTargets(agentId: string): LaneTarget[] {
    if (this.byTask || (this.#query.agent !== undefined && !this.#query.agent.includes(agentId))) return [];
    const grant = this.#options.policy.decide(this.#caller, { kind: 'node', agentId });
    if (!grant.allowed) return [];
    return partsOf(grant.scope).map((scope, part) =>
      this.#target(part === 0 ? agentId : `${agentId}/${part}`, agentId, scope, undefined),
    );
  }

  /** Who answers for an agent now. */
  answering(agentId: string): AgentAddress | undefined {
    const { index, localAgent, addressing } = this.#options;
    const known = index.agent(agentId);
    if (known === undefined) return localAgent?.id === agentId ? localAgent : undefined;
    const agent: MesosAgent | undefined = known.goneSince === undefined ? known.agent : known.successor;
    return agent === undefined ? undefined : { id: agent.id, origin: agentOrigin(agent, addressing) };
  }

  #nodeTargets(): LaneTarget[] {
    const targets: LaneTarget[] = [];
    let denied = '';
    for (const agentId of this.#agentIds()) {
      const ofNode = this.nodeTargets(agentId);
      if (ofNode.length === 0) denied = agentId;
      targets.push(...ofNode);
    }
    if (targets.length === 0 && denied !== '') throw new CodedError('forbidden', { target: `agent ${denied}` });
    return targets;
  }

  /** The agents asked for, or all; the gateway's own where Mesos does not know it. */
  #agentIds(): Iterable<string> {
    const { index, localAgent } = this.#options;
    if (this.#query.agent !== undefined) return new Set(this.#query.agent);
    const ids = new Set<string>();
    for (const { id } of index.agents()) ids.add(id);
    if (localAgent !== undefined) ids.add(localAgent.id);
    return ids;
  }

  /** In words, for audit lines. */
  get description(): string {
    const asked = Object.entries(this.#query).flatMap(([kind, values]) =>
      scopeKinds.has(kind) && Array.isArray(values) ? values.map((value) => `${kind} ${value}`) : [],
    );
    return asked.length === 0 ? 'cluster' : `cluster: ${asked.join(', ')}`;
  }

  #isKnown(agentId: string): boolean {
    return this.#options.index.agent(agentId) !== undefined || this.#options.localAgent?.id === agentId;
  }

  #target(id: string, agentId: string, scope: Scope, task: MesosTask | undefined): LaneTarget {
    const host = this.#options.index.agent(agentId)?.agent.hostname ?? agentId;
    return { id, agentId, host, agent: this.answering(agentId), scope, task };
  }

  #taskTests(): ((task: MesosTask) => boolean)[] {
    const { agent, task, service, framework, container, label } = this.#query;
    const tests: ((task: MesosTask) => boolean)[] = [];
    const any = (values: readonly string[] | undefined, test: (task: MesosTask, value: string) => boolean): void => {
      if (values !== undefined) tests.push((one) => values.some((value) => test(one, value)));
    };
    any(agent, ({ agentId }, value) => agentId === value);
    any(framework, ({ frameworkId, frameworkName }, value) => frameworkId === value || frameworkName === value);
    any(container, ({ containerId }, value) => containerId === value || containerId?.startsWith(`${value}.`) === true);
    any(service, isOfService);
    any(label, ({ labels }, value) => {
      const colon = value.indexOf(':');
      const [key, text] = colon === -1 ? [value, ''] : [value.slice(0, colon), value.slice(colon + 1)];
      return labels.some((one) => one.key === key && (one.value ?? '') === text);
    });
    if (task !== undefined) {
      const found = this.#forgotten.length > 0 ? [] : task.map((text) => this.#resolve(text));
      tests.push(({ id, frameworkId }) => found.some((one) => one.id === id && one.frameworkId === frameworkId));
    }
    return tests;
  }

  #resolve(text: string): MesosTask {
    const { index, policy } = this.#options;
    const visible = (task: MesosTask) => policy.decide(this.#caller, { kind: 'task', task }).allowed;
    const resolution = index.resolveTask(text, visible);
    if (resolution.kind === 'unknown') throw new CodedError('unknown-task', { task: text });
    if (resolution.kind === 'ambiguous') {
      const candidates = resolution.candidates.map(({ id }) => id).join(', ');
      throw new CodedError('ambiguous-task', { task: text, count: resolution.total, candidates });
    }
    if (!visible(resolution.task)) throw new CodedError('forbidden', { target: `task ${resolution.task.id}` });
    return resolution.task;
  }
}

/** By the path of its app or pod, or by a label such as DC/OS' `DCOS_SERVICE_NAME`. */
function isOfService(task: MesosTask, service: string): boolean {
  const path = `/${service.replace(/^\/+/, '')}`;
  if (servicePath(task) === path) return true;
  return task.labels.some(({ key, value }) => /(^|_)SERVICE_NAME$/.test(key) && value === service);
}

/** A scope that is too large for one token, in parts that are not. */
function partsOf(scope: Scope): Scope[] {
  if (scope.read === 'node' || bytesOf(scope) <= maximumScopeBytes) return [scope];
  const rest = { ...scope, files: [] };
  const room = maximumScopeBytes - bytesOf({ ...rest, read: [] });
  const parts: Scope[] = [];
  let groups: Exclude<Scope['read'], 'node'> = [];
  let bytes = 0;
  for (const group of scope.read) {
    const more = Buffer.byteLength(JSON.stringify(group)) + 1;
    if (bytes + more > room && groups.length > 0) {
      parts.push({ ...rest, read: groups });
      groups = [];
      bytes = 0;
    }
    groups.push(group);
    bytes += more;
  }
  parts.push({ ...rest, read: groups });
  return parts;
}

function bytesOf(scope: Scope): number {
  return Buffer.byteLength(JSON.stringify(scope));
}
