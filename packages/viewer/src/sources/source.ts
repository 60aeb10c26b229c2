/** What a log can be chosen by; the words of API v3. */
export const sourceKinds = ['service', 'task', 'agent', 'component'] as const;
export type SourceKind = (typeof sourceKinds)[number];

/** How a source does. */
export type SourceState = 'running' | 'ended' | 'failed' | 'silent';

/** Something whose log can be read. */
export interface Source {
  readonly kind: SourceKind;
  /** As API v3 takes it: a path, an id, a unit. */
  readonly value: string;
  readonly name: string;
  /** What it is called among others of its service: `3fa2`. */
  readonly short?: string;
  /** What tells it from others of its name. */
  readonly detail: string;
  readonly state?: SourceState | undefined;
}

/** What people call them. */
export const kindNames: Readonly<Record<SourceKind, string>> = {
  service: 'service',
  task: 'task',
  agent: 'node',
  component: 'component',
};

export function keyOf({ kind, value }: Pick<Source, 'kind' | 'value'>): string {
  return `${kind} ${value}`;
}
