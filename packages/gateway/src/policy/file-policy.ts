import type { Group, Scope, WithholdRule } from '@clusterlog/shared';
import type { Caller } from '../auth/caller.ts';
import type { ClusterIndex } from '../mesos/cluster-index.ts';
import type { MesosTask } from '../mesos/model.ts';
import type { CompiledRule } from './compiled-rules.ts';
import { componentLogs, systemLogs } from './node-scope.ts';
import type { Grant, Policy, Subject } from './policy.ts';
import { type TaskForms, taskScope } from './task-scope.ts';

export interface FilePolicyOptions {
  /** The file, for people. */
  readonly path: string;
  readonly rules: () => RulesInForce;
  readonly forms: TaskForms;
  /** What runs and ran on a node, of which who may not read all reads his tasks' part, and who answers for a node that has left. */
  readonly index: Pick<ClusterIndex, 'tasksOfAgent' | 'agent'>;
}

export interface RulesInForce {
  readonly version: number;
  readonly rules: readonly CompiledRule[];
  /** Why newer rules are not in force. */
  readonly problem?: string | undefined;
}

/** Says of a subject which rule allows it, or why none does. */
interface Decision {
  readonly allowed: boolean;
  readonly because: string;
}

/** Who may read what, by the rules of a file: what a rule denies is denied, else what a rule allows is allowed, else nothing. */
export class FilePolicy implements Policy {
  readonly description: string;
  readonly #options: FilePolicyOptions;
  /** The rules that concern a caller; a caller is an object of one request. */
  readonly #concerning = new WeakMap<Caller, { readonly version: number; readonly rules: readonly CompiledRule[] }>();

  constructor(options: FilePolicyOptions) {
    this.#options = options;
    this.description = `policy of ${options.path}`;
  }

  get version(): number {
    return this.#options.rules().version;
  }

  get problem(): string | undefined {
    return this.#options.rules().problem;
  }

  decide(caller: Caller, subject: Subject): Grant {
    const rules = this.#rulesOf(caller);
    return subject.kind === 'task' ? this.#decideTask(rules, subject.task) : this.#decideNode(rules, subject.agentId);
  }

  #rulesOf(caller: Caller): readonly CompiledRule[] {
    const { version, rules } = this.#options.rules();
    const known = this.#concerning.get(caller);
    if (known?.version === version) return known.rules;
    const concerning = rules.filter(({ concerns }) => concerns(caller));
    this.#concerning.set(caller, { version, rules: concerning });
    return concerning;
  }

  #decideTask(rules: readonly CompiledRule[], task: MesosTask): Grant {
    const { allowed, because } = ofTask(rules, task);
    if (!allowed) return { allowed, reason: because };
    return { allowed, reason: because, scope: { ...taskScope(task, this.#options.forms), withhold: withheld(rules) } };
  }

  #decideNode(rules: readonly CompiledRule[], agentId: string): Grant {
    const withhold = withheld(rules);
    // Of an id that has left its successor's journal is read, with what it has written since, if it is that machine at all.
    const successor = this.#options.index.agent(agentId)?.successor?.id;
    const ids = successor === undefined ? [agentId] : [agentId, successor];
    const deniedNode = naming(rules, ({ deny }) => deny.nodes.some((fits) => ids.some(fits)));
    if (deniedNode !== undefined) return { allowed: false, reason: `denied by ${deniedNode}` };
    const wholeNode = namingAll(rules, ids, ({ allow }) => allow.nodes);
    const deniedSystem = naming(rules, ({ deny }) => deny.systemLogs.some((fits) => ids.some(fits)));
    const deniedUnits = [...new Set(ids.flatMap((id) => unitsOf(rules, id, ({ deny }) => deny.components)))];
    if (wholeNode !== undefined && deniedSystem === undefined && deniedUnits.length === 0 && !deniesTasks(rules)) {
      return { allowed: true, reason: `allowed by ${wholeNode}`, scope: scopeOf('node', withhold) };
    }
    const read: Group[] = [];
    if (deniedSystem === undefined) {
      const system = namingAll(rules, ids, ({ allow }) => allow.systemLogs);
      if (system !== undefined || wholeNode !== undefined) read.push(systemLogs(deniedUnits));
      else
        read.push(
          ...componentLogs(
            ids.map((id) => unitsOf(rules, id, ({ allow }) => allow.components)).reduce(inBoth),
            deniedUnits,
          ),
        );
    }
    // Files are asked for by their task: listed here they would be half of what an agent has to be told.
    for (const task of this.#options.index.tasksOfAgent(agentId).sort(byInterest)) {
      if (!ofTask(rules, task).allowed) continue;
      const scope = taskScope(task, this.#options.forms);
      if (scope.read !== 'node') read.push(...scope.read);
    }
    if (read.length === 0) return { allowed: false, reason: deniedSystem ?? 'no rule allows it' };
    return {
      allowed: true,
      reason: 'allowed in part: what the rules allow on this node',
      scope: scopeOf(read, withhold),
    };
  }
}

function ofTask(rules: readonly CompiledRule[], task: MesosTask): Decision {
  const denied = naming(
    rules,
    ({ deny }) => deny.tasks.some((fits) => fits(task)) || deny.nodes.some((fits) => fits(task.agentId)),
  );
  if (denied !== undefined) return { allowed: false, because: `denied by ${denied}` };
  const allowed = naming(
    rules,
    ({ allow }) => allow.tasks.some((fits) => fits(task)) || allow.nodes.some((fits) => fits(task.agentId)),
  );
  if (allowed !== undefined) return { allowed: true, because: `allowed by ${allowed}` };
  return { allowed: false, because: 'no rule allows it' };
}

function naming(rules: readonly CompiledRule[], test: (rule: CompiledRule) => boolean): string | undefined {
  return rules.find(test)?.name;
}

/** What runs first, then what ended last: where not all can be told, the rest is least missed. */
function byInterest(one: MesosTask, other: MesosTask): number {
  return Number(one.completed) - Number(other.completed) || other.updatedAt - one.updatedAt;
}

/** The first of the rules that allow each of some nodes; undefined when one of them is allowed by none. */
function namingAll(
  rules: readonly CompiledRule[],
  agentIds: readonly string[],
  of: (rule: CompiledRule) => CompiledRule['allow']['nodes'],
): string | undefined {
  const names = agentIds.map((id) => naming(rules, (rule) => of(rule).some((fits) => fits(id))));
  return names.includes(undefined) ? undefined : names[0];
}

function inBoth(some: string[], others: string[]): string[] {
  return some.filter((one) => others.includes(one));
}

/** A denied task's entries could not be told from others by what Mesos has forgotten: then no whole node is granted. */
function deniesTasks(rules: readonly CompiledRule[]): boolean {
  return rules.some(({ deny }) => deny.tasks.length > 0);
}

function unitsOf(
  rules: readonly CompiledRule[],
  agentId: string,
  of: (rule: CompiledRule) => CompiledRule['allow']['components'],
): string[] {
  const units = rules.flatMap((rule) =>
    of(rule).flatMap(({ units: named, fitsNode }) => (fitsNode(agentId) ? named : [])),
  );
  return [...new Set(units)];
}

function withheld(rules: readonly CompiledRule[]): WithholdRule[] {
  return rules.flatMap(({ withhold }) => withhold);
}

function scopeOf(read: Scope['read'], withhold: WithholdRule[]): Scope {
  return { v: 1, read, files: [], withhold };
}
