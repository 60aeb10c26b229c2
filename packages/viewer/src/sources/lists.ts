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

/** Reads the lists, and again from time to time while somebody looks. @returns ends it */
export function watchLists(): () => void {
  const end = new AbortController();
  const { signal: ended } = end;
  const readTasks = async () => {
    const { total, tasks: items } = await listTasks(mostTasks, ended);
    unlisted.value = total - items.length;
    return items;
  };
  void watch(tasks, readTasks, period, ended);
  void watch(agents, () => listAgents(ended), period, ended);
  void watch(components, () => listComponents(componentsBudget, ended), componentsPeriod, ended);
  return () => end.abort();
}

async function watch<Item>(
  list: Signal<List<Item>>,
  read: () => Promise<readonly Item[]>,
  every: number,
  ended: AbortSignal,
): Promise<void> {
  while (!ended.aborted) {
    try {
      const items = await read();
      // The same again is not drawn again.
      if (list.value.state !== 'there' || !same(items, list.value.items)) list.value = { items, state: 'there' };
    } catch (error) {
      if (ended.aborted) return;
      list.value = { items: list.value.items, state: 'failed', problem: (error as Error).message };
    }
    await pause(list.value.state === 'failed' ? period : every, ended);
  }
}

function same(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((one, at) => JSON.stringify(one) === JSON.stringify(b[at]));
}

/** As long as that, or until somebody comes back to the page; and while nobody sees it for good. */
async function pause(milliseconds: number, ended: AbortSignal): Promise<void> {
  await happened(ended, (happens) => {
    const timer = setTimeout(happens, milliseconds);
    addEventListener('focus', happens, { once: true });
    return () => {
      clearTimeout(timer);
      removeEventListener('focus', happens);
    };
  });
  while (document.hidden && !ended.aborted) {
    await happened(ended, (happens) => {
      document.addEventListener('visibilitychange', happens, { once: true });
      return () => document.removeEventListener('visibilitychange', happens);
    });
  }
}

/** @param begin begins to wait, and returns what ends that */
function happened(ended: AbortSignal, begin: (happens: () => void) => () => void): Promise<void> {
  return new Promise((resolve) => {
    const happens = () => {
      end();
      ended.removeEventListener('abort', happens);
      resolve();
    };
    const end = begin(happens);
    ended.addEventListener('abort', happens, { once: true });
  });
}
