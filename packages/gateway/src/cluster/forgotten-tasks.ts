import { type FieldCondition, type Group, maximumLimit, maximumScopeBytes } from '@clusterlog/shared';
import type { AgentCalls } from './agent-calls.ts';
import { type LaneTarget, maximumLanes, type ScopeQuery } from './cluster-scope.ts';
import { fieldAnswer } from './count-answers.ts';
import { isContainerId, isExecutorId, namedByServices, namedByTexts } from './forgotten-names.ts';
import { gather } from './gather.ts';

/** How long the agents may look altogether, in ms. */
const budget = 2_000;
/** Of that, for what ids there are. */
const idsBudget = 1_200;
/** The least they are given to look for the containers of what was found. */
const leastBudget = 300;
/** JSON of executors' ids that one scope names, so that it has room for a container as well, in bytes. */
const executorBytes = maximumScopeBytes / 4;

interface FieldValues {
  readonly target: LaneTarget;
  readonly isExact: boolean;
  /** Entries by value; values that are no text are left out. */
  readonly entries: ReadonlyMap<string, number>;
}

/** Executors of one node that are read together, as the node narrowed to them. */
interface NodeExecutors {
  readonly target: LaneTarget;
  readonly ids: readonly string[];
  /** That the journal has of them. */
  readonly entries: number;
}

/**
 * Tasks that Mesos and this gateway have forgotten, as the journals still name them: by their `EXECUTOR_ID`, which of command
 * tasks is the task's id, or their `CONTAINER_ID`. Each container is a target of its own, under the id it had while the task
 * was known, so that cursors of that time go on; what a journal has of the executors beside these is one more.
 *
 * Anyone on a node can write such fields, so nothing is decided by them: only nodes that the caller may read whole are asked,
 * and what is read of them is the node's log, narrowed. Nodes that do not answer within 2 s are left out.
 *
 * @param nodes the nodes that the caller may read
 * @returns none where the journals name no such task
 * @throws CodedError 409 for a part of an id that is not unique
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
  if (whole.length === 0) return [];
  const begun = performance.now();
  const [executors, containers] = await Promise.all([
    valuesOf(calls, whole, 'EXECUTOR_ID', idsBudget, signal),
    // A service's containers are told by its executors.
    valuesOf(calls, task === undefined ? [] : whole.filter(showsContainers), 'CONTAINER_ID', idsBudget, signal),
  ]);
  const executorIds = idsOf(executors, isExecutorId);
  const named =
    task === undefined
      ? namedByServices(service ?? [], executorIds)
      : await namedByTexts(task, executorIds, idsOf(containers, isContainerId), begun + budget, signal);
  if (named === undefined) return [];
  const read = executors.flatMap((ofNode) => executorsOf(ofNode, named.executors));
  const left = Math.max(leastBudget, budget - Math.round(performance.now() - begun));
  const asked = read.map(({ target }) => target).filter(showsContainers);
  const found = new Map(
    (await valuesOf(calls, asked, 'CONTAINER_ID', left, signal)).map((values) => [values.target, values]),
  );
  const byId = containers.flatMap(({ target, entries }) =>
    [...entries.keys()].filter((id) => named.containers.has(id)).map((id) => ofContainer(target, id)),
  );
  const apart = read.flatMap((ofNode) => containersOf(ofNode, named.containers, found.get(ofNode.target)));
  if (byId.length + apart.length <= maximumLanes) return oneEach([...byId, ...apart]);
  return oneEach([...byId, ...read.flatMap((ofNode) => containersOf(ofNode, named.containers))]);
}

/** What the nodes' journals have in a field, as far as they answer within a budget in ms. */
async function valuesOf(
  calls: AgentCalls,
  targets: readonly LaneTarget[],
  field: string,
  budget: number,
  signal: AbortSignal,
): Promise<FieldValues[]> {
  const query = new URLSearchParams({ limit: String(maximumLimit), budget: (budget / 1_000).toFixed(2) });
  const question = { path: `/system/v1/logs/v3/fields/${field}`, query };
  const { answers } = await gather(calls, targets, question, fieldAnswer, budget, signal);
  return answers.map(({ target, answer: { completeness, distinct, values } }) => ({
    target,
    isExact: completeness === 'exact' && distinct <= values.length,
    entries: new Map(values.flatMap(({ value, entries }) => (typeof value === 'string' ? [[value, entries]] : []))),
  }));
}

/** Of a container that is withheld, wholly or in part, nothing is told by its id. */
function showsContainers({ scope }: LaneTarget): boolean {
  return scope.withhold.every(({ field }) => field !== 'CONTAINER_ID');
}

function idsOf(found: readonly FieldValues[], isId: (value: string) => boolean): Set<string> {
  return new Set(found.flatMap(({ entries }) => [...entries.keys()]).filter(isId));
}

/** Those of a node that are meant, in as many parts as scopes have room for. */
function executorsOf({ target, entries }: FieldValues, meant: ReadonlySet<string>): NodeExecutors[] {
  const parts: { ids: string[]; entries: number }[] = [];
  let room = 0;
  for (const id of [...entries.keys()].filter((one) => meant.has(one)).sort()) {
    const bytes = Buffer.byteLength(JSON.stringify(id)) + 1;
    if (bytes > room) {
      parts.push({ ids: [], entries: 0 });
      room = executorBytes;
    }
    room -= bytes;
    const part = parts.at(-1);
    part?.ids.push(id);
    if (part !== undefined) part.entries += entries.get(id) ?? 0;
  }
  return parts.map((part, n) => ({
    ...part,
    target: narrowed(target, `executors:${n}`, [{ field: 'EXECUTOR_ID', in: part.ids }]),
  }));
}

/**
 * The containers of executors one by one, and behind them what is of none of these, unless there is nothing.
 *
 * @param also containers that are read whosever they are
 */
function containersOf(
  { target, ids, entries }: NodeExecutors,
  also: ReadonlySet<string>,
  found?: FieldValues,
): LaneTarget[] {
  const containers = [...new Set([...(found?.entries.keys() ?? []), ...also])].filter(isContainerId);
  if (containers.length === 0) return [target];
  const ofExecutors = { field: 'EXECUTOR_ID', in: [...ids] };
  const rest = withRead(target, [[ofExecutors, { field: 'CONTAINER_ID', notIn: containers }]]);
  if (!isOneScope(rest)) return [target];
  const lanes = containers.filter((id) => found?.entries.has(id)).map((id) => ofContainer(target, id, [ofExecutors]));
  const counted = containers.reduce((sum, id) => sum + (found?.entries.get(id) ?? 0), 0);
  return found?.isExact === true && counted >= entries ? lanes : [...lanes, rest];
}

function ofContainer(target: LaneTarget, id: string, also: readonly FieldCondition[] = []): LaneTarget {
  return { ...narrowed(target, id, [...also, { field: 'CONTAINER_ID', in: [id] }]), isForgotten: true };
}

function narrowed(target: LaneTarget, part: string, group: Group): LaneTarget {
  return withRead({ ...target, id: `${target.agentId}/${part}` }, [group]);
}

function withRead(target: LaneTarget, read: Group[]): LaneTarget {
  return { ...target, scope: { ...target.scope, read, files: [] } };
}

function isOneScope({ scope }: LaneTarget): boolean {
  return Buffer.byteLength(JSON.stringify(scope)) <= maximumScopeBytes;
}

/** One target an id: several parts of a node's executors may name one container. */
function oneEach(targets: readonly LaneTarget[]): LaneTarget[] {
  const byId = new Map<string, LaneTarget>();
  for (const target of targets) {
    const other = byId.get(target.id);
    if (other === undefined) {
      byId.set(target.id, target);
      continue;
    }
    const both = withRead(target, [...groupsOf(other), ...groupsOf(target)]);
    if (isOneScope(both)) byId.set(target.id, both);
    else byId.set(`${target.id}/${byId.size}`, { ...target, id: `${target.id}/${byId.size}` });
  }
  return [...byId.values()];
}

function groupsOf({ scope }: LaneTarget): Group[] {
  return scope.read === 'node' ? [] : scope.read;
}
