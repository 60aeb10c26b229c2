import { computed, type Signal, signal } from '@preact/signals';
import { type ListedAgent, type ListedComponent, type ListedTask, type Lists, listText } from '../api/lists.ts';
import { serviceTree } from './catalogue.ts';

/** A list as far as it is known. */
export interface List<Item> {
  readonly items: readonly Item[];
  readonly state: 'loading' | 'there' | 'failed';
  /** What went wrong when it was asked for last; the items are those from before. */
  readonly problem?: string;
}

/** Tasks that are asked for: beyond it the ended ones that are oldest are left out. */
export const mostTasks = 10_000;
const period = 15_000;
/** Counting every unit's entries costs the nodes something, and units hardly change. */
const componentsPeriod = 300_000;
const componentsBudget = '3';
const componentsDelay = 1_000;

const loading = { items: [], state: 'loading' } as const;
export const tasks = signal<List<ListedTask>>(loading);
export const agents = signal<List<ListedAgent>>(loading);
export const components = signal<List<ListedComponent>>(loading);
/** Tasks that are not among the items. */
export const unlisted = signal(0);
export const services = computed(() => serviceTree(tasks.value.items));
/** Tasks of which nobody knows a service. */
export const otherTasks = computed(() => tasks.value.items.filter(({ service }) => service === undefined));

/** Reads the lists, and again from time to time while somebody looks, and when somebody comes back. @returns ends it */
export function watchLists(): () => void {
  const end = new AbortController();
  const { signal: ended } = end;
  watch('tasks', { limit: String(mostTasks) }, period, tasks, ended, ({ total, tasks: items }) => {
    unlisted.value = total - items.length;
    return items;
  });
  watch('agents', {}, period, agents, ended, (answer) => answer.agents);
  watch('components', { budget: componentsBudget }, componentsPeriod, components, ended, (answer) => answer.components);
  return () => end.abort();
}

function watch<Path extends keyof Lists, Item>(
  path: Path,
  parameters: Readonly<Record<string, string>>,
  every: number,
  list: Signal<List<Item>>,
  ended: AbortSignal,
  itemsOf: (answer: Lists[Path]) => readonly Item[],
): void {
  let reading = false;
  let last = '';
  const readAgain = async () => {
    if (reading) return;
    reading = true;
    try {
      const text = await listText(path, parameters, ended);
      if (text !== last || list.value.state !== 'there')
        list.value = { items: itemsOf(JSON.parse(text)), state: 'there' };
      last = text;
    } catch (error) {
      if (!ended.aborted) list.value = { ...list.value, state: 'failed', problem: (error as Error).message };
    }
    reading = false;
  };
  // The first screen of a log comes first.
  const first = setTimeout(readAgain, every === period ? 0 : componentsDelay);
  const timer = setInterval(() => document.hidden || readAgain(), every);
  ended.addEventListener('abort', () => {
    clearTimeout(first);
    clearInterval(timer);
  });
  if (every === period) addEventListener('focus', readAgain, { signal: ended });
}
