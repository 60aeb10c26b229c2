import { effect } from '@preact/signals';
import { go, view } from '../address/view.ts';
import type { Entry } from '../api/entry.ts';
import { entryActions, fieldActions, highlighter, selected } from '../log/index.ts';
import { announce } from '../people/announce.ts';
import { registerKey } from '../people/keys.ts';
import { narrow } from './filtering.ts';
import { forgetFinding } from './finding.ts';
import { highlighterOf } from './highlight.ts';

/** Shows an entry among all that was written around it: without filters, in the source it was found in. Back returns. */
export function showSurroundings(entry: Entry): void {
  // So that Back comes back to this very entry.
  go({ at: entry.cursor }, 'replace');
  go({ filters: {}, since: undefined, until: undefined, at: entry.cursor }, 'push');
  announce('Showing what was written around this entry, without filters');
}

/** What this room adds to the log: marks, actions and keys. */
export function addToLog(): void {
  effect(() => {
    const { filters, find } = view.value;
    highlighter.value = highlighterOf(filters, find);
  });
  let question = '';
  effect(() => {
    const { scope, filters, since, until, find } = view.value;
    const now = JSON.stringify([scope, filters, since, until, find]);
    if (now !== question) forgetFinding();
    question = now;
  });
  entryActions.value = [
    ...entryActions.value,
    { label: 'Surroundings', title: 'What was written around it, without filters (c)', run: showSurroundings },
  ];
  fieldActions.value = [
    ...fieldActions.value,
    {
      label: '+',
      title: (field, value) => `Only ${field}=${value}`,
      run: (field, value) => narrow(field, value, 'with'),
    },
    {
      label: '−',
      title: (field, value) => `Without ${field}=${value}`,
      run: (field, value) => narrow(field, value, 'without'),
    },
  ];
  registerKey({
    key: 'c',
    label: 'Surroundings of the entry, without filters',
    group: 'Search',
    run: () => {
      const entry = selected.peek();
      if (entry === undefined) return false;
      showSurroundings(entry);
      return true;
    },
  });
}
