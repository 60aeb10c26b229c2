import { signal } from '@preact/signals';
import type { Source } from '../api/entry.ts';
import { agents } from '../sources/lists.ts';
import { sourceKey } from './source-name.ts';

const hosts = new Map<string, string>();
let first: string | undefined;

/** Several instances or nodes are shown: rows say which. */
export const merged = signal(false);

export function seeSource(source: Source): void {
  hosts.set(source.agent, source.host);
  if (merged.peek()) return;
  const key = sourceKey(source);
  first ??= key;
  if (key !== first) merged.value = true;
}

/** Another log: its first entry tells anew. */
export function forgetSources(): void {
  first = undefined;
  merged.value = false;
}

/** The name of a node, as far as entries or the list of nodes have told it. */
export function hostOf(agent: string): string | undefined {
  return hosts.get(agent) ?? agents.value.items.find(({ id }) => id === agent)?.host;
}
