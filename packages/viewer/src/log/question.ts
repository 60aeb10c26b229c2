import { parametersOf, type View } from '../address/view.ts';
import { isOfOneTask } from './task-end.ts';

/** What is read, and until when: another question, or another place, aborts what is under way. */
export interface Question {
  readonly parameters: URLSearchParams;
  /** It is of one task and nothing else. */
  readonly ofOneTask: boolean;
  /** Nothing comes behind its last entry. */
  readonly hasEnd: boolean;
  readonly signal: AbortSignal;
}

let abort = new AbortController();
let current: Question = {
  parameters: new URLSearchParams(),
  ofOneTask: false,
  hasEnd: false,
  signal: abort.signal,
};

/** What is asked now. */
export function question(): Question {
  return current;
}

/** Aborts what is under way, and asks what the view does; without one the same again. */
export function ask(view?: View): Question {
  abort.abort();
  abort = new AbortController();
  const { signal } = abort;
  current =
    view === undefined
      ? { ...current, signal }
      : {
          parameters: parametersOf(view),
          ofOneTask: isOfOneTask(view.scope),
          hasEnd: view.until !== undefined,
          signal,
        };
  return current;
}

/** The parameters of the question, and more. */
export function asking(more: Readonly<Record<string, string>>): URLSearchParams {
  const asked = new URLSearchParams(current.parameters);
  for (const [name, value] of Object.entries(more)) asked.set(name, value);
  return asked;
}
