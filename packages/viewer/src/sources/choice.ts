import type { Scope } from '../address/view.ts';
import type { Source, SourceKind } from './source.ts';

type Chosen = Pick<Source, 'kind' | 'value'>;

/**
 * Kinds that cannot be asked for together: API v3 reads what fits all kinds, and nothing is of a service and of a unit of the system, or
 * of one service and of another's task. A node goes with each of them: it narrows.
 */
const others: Readonly<Record<SourceKind, readonly (keyof Scope)[]>> = {
  service: ['task', 'component', 'framework', 'container', 'label'],
  task: ['service', 'component', 'framework', 'container', 'label'],
  component: ['service', 'task', 'framework', 'container', 'label'],
  agent: [],
};

export function isChosen(scope: Scope, { kind, value }: Chosen): boolean {
  return scope[kind]?.includes(value) === true;
}

/** The scope of sources of one kind, and nothing else. */
export function only(kind: SourceKind, values: readonly string[]): Scope {
  return { [kind]: values };
}

/** The scope with a source more, or without it if it was there. */
export function toggled(scope: Scope, { kind, value }: Chosen): Scope {
  const { [kind]: chosen = [], ...rest } = scope;
  const left = chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value];
  const kept = Object.fromEntries(Object.entries(rest).filter(([name]) => !others[kind].includes(name as keyof Scope)));
  return left.length === 0 ? kept : { ...kept, [kind]: left };
}
