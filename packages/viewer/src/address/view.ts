import { type ReadonlySignal, signal } from '@preact/signals';

/** Parameters of API v3 that say whose entries: repeatable, several of one kind mean any of them, different kinds all. */
export const scopeParameters = ['service', 'task', 'agent', 'component', 'framework', 'container', 'label'] as const;
export type ScopeParameter = (typeof scopeParameters)[number];
export type Scope = Readonly<Partial<Record<ScopeParameter, readonly string[]>>>;

/** Parameters of API v3 that say which of them. */
export const filterParameters = ['filter', 'grep', 'priority', 'stream', 'identifier', 'kernel', 'boot'] as const;
export type FilterParameter = (typeof filterParameters)[number];
export type Filters = Readonly<Partial<Record<FilterParameter, readonly string[]>>>;

/** What the page shows, all of it in its address: a copied link shows the same. */
export interface View {
  readonly scope: Scope;
  readonly filters: Filters;
  /** As API v3 takes them: RFC 3339, `@seconds`, or from now (`-15m`). */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** The cursor of the entry the page stands at, or a time; without it at the end, following. */
  readonly at?: string | undefined;
  /** What is marked and looked for in the messages that are shown: an expression, as `grep` takes it. */
  readonly find?: string | undefined;
}

/** The address's names are those of API v3, so that `location.search` is nearly a request. */
export function viewOf(search: string): View {
  const parameters = new URLSearchParams(search);
  const take = <Name extends string>(names: readonly Name[]) => {
    const taken: { [name in Name]?: readonly string[] } = {};
    for (const name of names) if (parameters.has(name)) taken[name] = parameters.getAll(name);
    return taken;
  };
  return {
    scope: take(scopeParameters),
    filters: take(filterParameters),
    since: parameters.get('since') ?? undefined,
    until: parameters.get('until') ?? undefined,
    at: parameters.get('at') ?? undefined,
    find: parameters.get('find') ?? undefined,
  };
}

/** The view as parameters of API v3: scope, filters, `since` and `until`. */
export function parametersOf({ scope, filters, since, until }: View): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const [name, values] of [...Object.entries(scope), ...Object.entries(filters)]) {
    for (const value of values ?? []) parameters.append(name, value);
  }
  if (since !== undefined) parameters.set('since', since);
  if (until !== undefined) parameters.set('until', until);
  return parameters;
}

/** A view as an address of this page, without its origin. */
export function addressOf(view: View): string {
  const parameters = parametersOf(view);
  if (view.find !== undefined) parameters.set('find', view.find);
  if (view.at !== undefined) parameters.set('at', view.at);
  const text = parameters.toString();
  return text === '' ? location.pathname : `${location.pathname}?${text}`;
}

const current = signal<View>(viewOf(globalThis.location?.search ?? ''));

/** What the page shows now. */
export const view: ReadonlySignal<View> = current;

/**
 * Shows something else. `push` makes a step that the browser's Back undoes (another source, another filter); `replace` does not
 * (the position while scrolling).
 */
export function go(change: Partial<View>, step: 'push' | 'replace' = 'push'): void {
  current.value = { ...current.value, ...change };
  history[step === 'push' ? 'pushState' : 'replaceState'](null, '', addressOf(current.value));
}

globalThis.addEventListener?.('popstate', () => {
  current.value = viewOf(location.search);
});
