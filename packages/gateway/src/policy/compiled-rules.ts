import type { WithholdRule } from '@clusterlog/shared';
import picomatch from 'picomatch';
import type { Caller } from '../auth/caller.ts';
import type { MesosTask } from '../mesos/model.ts';
import { servicePath } from '../mesos/service-path.ts';
import type { PolicyDocument, PolicyRule, Target, TaskSelector } from './policy-document.ts';

type Fits = (text: string) => boolean;

/** Components of some nodes. */
interface ComponentTarget {
  readonly units: readonly string[];
  readonly fitsNode: Fits;
}

/** What the targets of one list come to. */
export interface Targets {
  readonly tasks: readonly ((task: MesosTask) => boolean)[];
  readonly nodes: readonly Fits[];
  readonly systemLogs: readonly Fits[];
  readonly components: readonly ComponentTarget[];
}

/** One rule, ready to be asked. */
export interface CompiledRule {
  /** As a person would find it in the file. */
  readonly name: string;
  readonly concerns: (caller: Caller) => boolean;
  readonly allow: Targets;
  readonly deny: Targets;
  readonly withhold: readonly WithholdRule[];
}

export function compileRules({ rules }: PolicyDocument): readonly CompiledRule[] {
  return rules.map((rule, at) => ({
    name: rule.name === undefined ? `rule ${at + 1}` : `rule ${at + 1}, ${rule.name}`,
    concerns: callersOf(rule),
    allow: compileTargets(rule.allow ?? []),
    deny: compileTargets(rule.deny ?? []),
    withhold: rule.withhold ?? [],
  }));
}

function callersOf({ who, except }: PolicyRule): (caller: Caller) => boolean {
  const isOneOf = ({ uid = [], groups = [] }: { uid?: string[]; groups?: string[] }) => {
    const [uids, names] = [new Set(uid), new Set(groups)];
    return (caller: Caller): boolean => uids.has(caller.uid) || caller.groups.some((group) => names.has(group));
  };
  const isMeant = who === 'everyone' ? () => true : isOneOf(who);
  const isExcepted = except === undefined ? () => false : isOneOf(except);
  return (caller) => isMeant(caller) && !isExcepted(caller);
}

function compileTargets(targets: readonly Target[]): Targets {
  const all: Fits = () => true;
  const compiled = {
    tasks: [] as ((task: MesosTask) => boolean)[],
    nodes: [] as Fits[],
    systemLogs: [] as Fits[],
    components: [] as ComponentTarget[],
  };
  for (const target of targets) {
    if (target === 'everything') {
      compiled.tasks.push(() => true);
      compiled.nodes.push(all);
      compiled.systemLogs.push(all);
    } else if ('tasks' in target) compiled.tasks.push(taskTest(target.tasks));
    else if ('systemLogs' in target) compiled.systemLogs.push(glob(target.systemLogs));
    else if ('components' in target) {
      compiled.components.push({
        units: target.components,
        fitsNode: target.nodes === undefined ? all : glob(target.nodes),
      });
    } else compiled.nodes.push(glob(target.nodes));
  }
  return compiled;
}

function taskTest({ service, framework, role, label, id }: TaskSelector): (task: MesosTask) => boolean {
  const tests: ((task: MesosTask) => boolean)[] = [];
  const ask = (patterns: string[] | undefined, of: (task: MesosTask) => string | undefined): void => {
    if (patterns === undefined) return;
    const fits = glob(patterns);
    tests.push((task) => {
      const text = of(task);
      return text !== undefined && fits(text);
    });
  };
  ask(service, servicePath);
  ask(framework, ({ frameworkName }) => frameworkName);
  ask(role, ({ role: name }) => name);
  ask(id, (task) => task.id);
  for (const [key, pattern] of Object.entries(label ?? {})) {
    const fits = glob([pattern]);
    tests.push(({ labels }) => labels.some((one) => one.key === key && fits(one.value ?? '')));
  }
  return (task) => tests.every((test) => test(task));
}

/** `*` stays within one part of a path, `**` does not; letters stand for themselves, also a dot at the beginning. */
function glob(patterns: readonly string[]): Fits {
  return picomatch([...patterns], { dot: true, nonegate: true, noextglob: true, nobrace: true });
}
