import { computed, signal } from '@preact/signals';
import type { ListedTask } from '../api/lists.ts';
import {
  agentSource,
  componentSource,
  countsText,
  type ServiceNode,
  serviceSource,
  servicesOf,
  taskSource,
} from './catalogue.ts';
import { agents, components, type List, otherTasks, services, tasks, unlisted } from './lists.ts';
import { pinned, recent } from './remembered.ts';
import { keyOf, kindNames, type Source } from './source.ts';

/** A row of the panel. */
export type SourceRow = { readonly key: string; readonly level: number } & (
  | { readonly kind: 'heading'; readonly text: string; readonly detail: string }
  | {
      readonly kind: 'folder';
      readonly name: string;
      readonly detail: string;
      readonly paths: readonly string[];
      readonly open: boolean;
    }
  /** `open`: whether its instances are shown; undefined where it can have none. */
  | { readonly kind: 'source'; readonly source: Source; readonly open: boolean | undefined }
  | { readonly kind: 'more'; readonly of: string; readonly count: number }
  | { readonly kind: 'note'; readonly text: string; readonly tone: 'calm' | 'problem' }
);

/** Of a list so many are shown at first, and so many more each time that is wanted. */
const step = 50;
/** With more services than that folders are closed at first. */
const fewServices = 40;

const opened = signal<ReadonlyMap<string, boolean>>(new Map());
const extents = signal<ReadonlyMap<string, number>>(new Map());

export function setOpen(key: string, open: boolean): void {
  opened.value = new Map(opened.value).set(key, open);
}

/** Shows more of a list. */
export function showMore(of: string): void {
  extents.value = new Map(extents.value).set(of, extentOf(of) + step * 4);
}

function extentOf(of: string): number {
  return extents.value.get(of) ?? step;
}

/** What the panel shows while nothing is searched for. */
export const rows = computed<readonly SourceRow[]>(() => {
  const now = new Date();
  return [
    ...remembered('Pinned', pinned.value),
    ...remembered('Recent', recent.value),
    ...section('Services', tasks.value, services.value.length, 'No service runs of which you may read something.', () =>
      capped('services', 1, services.value, (node) => serviceRows(node, 1, now)),
    ),
    ...(otherTasks.value.length === 0
      ? []
      : section('Other tasks', tasks.value, otherTasks.value.length, '', () =>
          capped('tasks', 1, otherTasks.value, (task) => [taskRow(task, 1, now)]),
        )),
    ...(unlisted.value === 0
      ? []
      : [
          note(
            'unlisted',
            `${unlisted.value} tasks that ended longest ago are not listed; they are read by their ids.`,
          ),
        ]),
    ...section('Nodes', agents.value, agents.value.items.length, 'No node of which you may read something.', () =>
      capped('agents', 1, agents.value.items, (agent) => [sourceRow(agentSource(agent), 1)]),
    ),
    ...section(
      'Components',
      components.value,
      components.value.items.length,
      'No unit has written anything you may read.',
      () => capped('components', 1, components.value.items, (component) => [sourceRow(componentSource(component), 1)]),
    ),
  ];
});

function remembered(text: string, list: readonly Pick<Source, 'kind' | 'value' | 'name'>[]): readonly SourceRow[] {
  if (list.length === 0) return [];
  return [
    { kind: 'heading', key: text, level: 0, text, detail: '' },
    ...list.map(
      (one): SourceRow => ({
        kind: 'source',
        key: `${text} ${keyOf(one)}`,
        level: 1,
        source: { ...one, detail: kindNames[one.kind] },
        open: undefined,
      }),
    ),
  ];
}

function section(
  text: string,
  { state, problem }: List<unknown>,
  count: number,
  whenEmpty: string,
  content: () => readonly SourceRow[],
): readonly SourceRow[] {
  const heading: SourceRow = { kind: 'heading', key: text, level: 0, text, detail: count === 0 ? '' : String(count) };
  const notes: SourceRow[] = [];
  if (state === 'loading') notes.push(note(`${text} loading`, 'Asking …'));
  if (state === 'failed')
    notes.push({ ...note(`${text} failed`, `Not up to date: ${problem} Trying again.`), tone: 'problem' });
  if (state === 'there' && count === 0) notes.push(note(`${text} none`, whenEmpty));
  return [heading, ...notes, ...content()];
}

function note(key: string, text: string): SourceRow & { kind: 'note' } {
  return { kind: 'note', key, level: 1, text, tone: 'calm' };
}

function serviceRows(node: ServiceNode, level: number, now: Date): readonly SourceRow[] {
  const { path, name, instances, children, running, ended } = node;
  const rows: SourceRow[] = [];
  if (instances !== undefined) {
    const key = `service ${path}`;
    const open = opened.value.get(key) ?? false;
    const own = instances.filter(({ completed }) => completed).length;
    const source = serviceSource({ path, name, running: instances.length - own, ended: own });
    rows.push({ kind: 'source', key, level, source, open });
    if (open) rows.push(...capped(key, level + 1, instances, (task) => [instanceRow(task, level + 1, now)]));
  }
  if (children.length > 0) {
    const key = `folder ${path}`;
    const open = opened.value.get(key) ?? services.value.length <= fewServices;
    rows.push({ kind: 'folder', key, level, name, detail: countsText(running, ended), paths: servicesOf(node), open });
    if (open) rows.push(...capped(key, level + 1, children, (child) => serviceRows(child, level + 1, now)));
  }
  return rows;
}

function taskRow(task: ListedTask, level: number, now: Date): SourceRow {
  return sourceRow(taskSource(task, now), level);
}

function instanceRow(task: ListedTask, level: number, now: Date): SourceRow {
  const source = taskSource(task, now);
  return sourceRow({ ...source, short: source.name.replace(/^.*·/, '') }, level);
}

function sourceRow(source: Source, level: number): SourceRow {
  return { kind: 'source', key: keyOf(source), level, source, open: undefined };
}

function capped<Item>(
  of: string,
  level: number,
  items: readonly Item[],
  make: (item: Item) => readonly SourceRow[],
): readonly SourceRow[] {
  const extent = extentOf(of);
  const shown = items.slice(0, extent).flatMap(make);
  if (items.length <= extent) return shown;
  return [...shown, { kind: 'more', key: `${of} more`, level, of, count: items.length - extent }];
}
