import type { ListedAgent, ListedComponent, ListedTask } from '../api/lists.ts';
import { sourceName } from '../log/source-name.ts';
import type { Source } from './source.ts';
import { stateOf, stateText } from './task-state.ts';

/** A folder of services, or a service, or both: paths are like those of files. */
export interface ServiceNode {
  readonly path: string;
  /** The last part of the path. */
  readonly name: string;
  /** Undefined for a folder that is no service itself. */
  readonly instances: readonly ListedTask[] | undefined;
  readonly children: readonly ServiceNode[];
  /** Of it and everything below. */
  readonly running: number;
  readonly ended: number;
}

interface Draft {
  readonly path: string;
  readonly name: string;
  instances: ListedTask[] | undefined;
  readonly children: Map<string, Draft>;
}

/** The services of tasks as a tree by their paths; tasks without a service are not in it. */
export function serviceTree(tasks: readonly ListedTask[]): readonly ServiceNode[] {
  const root: Draft = { path: '', name: '', instances: undefined, children: new Map() };
  const drafts = new Map<string, Draft>();
  for (const task of tasks) {
    if (task.service === undefined) continue;
    let draft = drafts.get(task.service);
    if (draft === undefined) {
      draft = place(root, task.service);
      drafts.set(task.service, draft);
    }
    draft.instances ??= [];
    draft.instances.push(task);
  }
  return finished(root).children;
}

function place(root: Draft, path: string): Draft {
  let at = root;
  for (const name of path.split('/').filter((part) => part !== '')) {
    let next = at.children.get(name);
    if (next === undefined) {
      next = { path: `${at.path}/${name}`, name, instances: undefined, children: new Map() };
      at.children.set(name, next);
    }
    at = next;
  }
  return at;
}

function finished({ path, name, instances, children: drafts }: Draft): ServiceNode {
  const children = [...drafts.values()].map(finished).sort((a, b) => (a.name < b.name ? -1 : 1));
  let running = 0;
  let ended = 0;
  for (const { completed } of instances ?? []) completed ? ended++ : running++;
  for (const child of children) {
    running += child.running;
    ended += child.ended;
  }
  return { path, name, instances, children, running, ended };
}

/** The paths of all services of a folder. */
export function servicesOf({ path, instances, children }: ServiceNode): readonly string[] {
  return [...(instances === undefined ? [] : [path]), ...children.flatMap(servicesOf)];
}

export function serviceSource({
  path,
  name,
  running,
  ended,
}: Pick<ServiceNode, 'path' | 'name' | 'running' | 'ended'>): Source {
  return {
    kind: 'service',
    value: path,
    name,
    detail: countsText(running, ended),
    state: running > 0 ? 'running' : 'ended',
  };
}

export function taskSource(task: ListedTask, now: Date): Source {
  const { id, agent, host = agent, service } = task;
  return {
    kind: 'task',
    value: id,
    name: sourceName({ agent, host, task: id, ...(service === undefined ? {} : { service }) }),
    detail: `${host}, ${stateText(task, now)}`,
    state: stateOf(task),
  };
}

export function agentSource({ id, host, active, clock_offset = 0, waited_for }: ListedAgent): Source {
  const clock = waited_for ? '' : `clock off by ${Math.round(Math.abs(clock_offset) / 1e6)} s`;
  const detail = [active ? '' : 'does not answer', clock].filter((text) => text !== '').join(', ');
  return { kind: 'agent', value: id, name: host, detail, state: active ? undefined : 'silent' };
}

export function componentSource({ component }: ListedComponent): Source {
  return { kind: 'component', value: component, name: component.replace(/\.service$/, ''), detail: '' };
}

/** `3 running, 2 ended`. */
export function countsText(running: number, ended: number): string {
  const texts = [running > 0 ? `${running} running` : '', ended > 0 ? `${ended} ended` : ''];
  return texts.filter((text) => text !== '').join(', ');
}
