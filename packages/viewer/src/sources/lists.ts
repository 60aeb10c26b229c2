import { computed, type Signal, signal } from '@preact/signals';
import {
  type ListedAgent,
  type ListedComponent,
  type ListedTask,
  listAgents,
  listComponents,
  listTasks,
} from '../api/lists.ts';
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
const componentsBudget = 3;

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
  const readTasks = async () => {
    const { total, tasks: items } = await listTasks(mostTasks, ended);
    unlisted.value = total - items.length;
    return items;
  };
  watch(tasks, readTasks, period, ended);
  watch(agents, () => listAgents(ended), period, ended);
  watch(components, () => listComponents(componentsBudget, ended), componentsPeriod, ended);
  return () => end.abort();
}

function watch<Item>(
  list: Signal<List<Item>>,
  read: () => Promise<readonly Item[]>,
  every: number,
  ended: AbortSignal,
): void {
  let reading = false;
  const readAgain = async () => {
    if (reading || document.hidden) return;
    reading = true;
    try {
      const items = await read();
      // The same again is not drawn again.
      if (list.value.state !== 'there' || JSON.stringify(items) !== JSON.stringify(list.value.items)) {
        list.value = { items, state: 'there' };
      }
    } catch (error) {
      if (!ended.aborted) list.value = { ...list.value, state: 'failed', problem: (error as Error).message };
    }
    reading = false;
  };
  void readAgain();
  const timer = setInterval(readAgain, every);
  ended.addEventListener('abort', () => clearInterval(timer));
  addEventListener('focus', readAgain, { signal: ended });
}
