import { computed, signal } from '@preact/signals';
import { agentSource, componentSource, type ServiceNode, serviceSource, taskSource } from './catalogue.ts';
import { agents, components, services, tasks } from './lists.ts';
import { fit, folded, partsOf } from './matching.ts';
import type { Source } from './source.ts';

/** What is typed into the box above the sources. */
export const typed = signal('');
const mostShown = 60;

/** A source with the text it is found by. Sources are made when they are shown: of tens of thousands few are. */
interface Findable {
  readonly text: string;
  readonly weight: number;
  readonly source: () => Source;
}

const everything = computed<readonly Findable[]>(() => [
  ...services.value
    .flatMap(flat)
    .map((node) => findable(`${node.path} ${node.name}`, 0, () => ({ ...serviceSource(node), name: node.path }))),
  ...agents.value.items.map((agent) => findable(`${agent.host} ${agent.id}`, 0.1, () => agentSource(agent))),
  ...components.value.items.map((component) => findable(component.component, 0.2, () => componentSource(component))),
  ...tasks.value.items.map((task) =>
    findable(`${task.id} ${task.name} ${task.host ?? ''} ${task.framework_name ?? ''}`, task.completed ? 2 : 1, () =>
      taskSource(task, new Date()),
    ),
  ),
]);

function flat(node: ServiceNode): readonly ServiceNode[] {
  return [...(node.instances === undefined ? [] : [node]), ...node.children.flatMap(flat)];
}

function findable(text: string, weight: number, source: () => Source): Findable {
  return { text: folded(text), weight, source };
}

/** What fits what is typed, the best first; undefined while nothing is. */
export const found = computed(() => {
  const parts = partsOf(typed.value);
  return parts.length === 0 ? undefined : search(everything.value, parts);
});

/** @returns the best, and how many there are beside them */
export function search(
  all: readonly Findable[],
  parts: readonly string[],
): { readonly sources: readonly Source[]; readonly more: number } {
  const fitting: { readonly one: Findable; readonly rank: number }[] = [];
  for (const one of all) {
    const rank = fit(one.text, parts);
    if (rank !== undefined) fitting.push({ one, rank: rank + one.weight });
  }
  fitting.sort((a, b) => a.rank - b.rank);
  return {
    sources: fitting.slice(0, mostShown).map(({ one }) => one.source()),
    more: Math.max(0, fitting.length - mostShown),
  };
}
