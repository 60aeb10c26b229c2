import { absoluteTime } from '@clusterlog/shared/v3/time';
import { signal, untracked } from '@preact/signals';
import { go, view } from '../address/view.ts';
import type { Entry } from '../api/entry.ts';
import { fieldText } from '../api/entry.ts';
import { ApiError } from '../api/request.ts';
import { searchNearest } from '../api/search.ts';
import { selected, visibleRange } from '../log/index.ts';
import { following } from '../log/log-state.ts';
import { timeText } from '../log/time-text.ts';
import { announce } from '../people/announce.ts';
import { timeStyle } from '../people/preferences.ts';
import type { Direction, Finding } from './find-text.ts';
import { questionsFor, type Sought } from './sought.ts';

export const finding = signal<Finding>({ state: 'idle' });

let abort = new AbortController();
/** The entry that was found last, and the one that was selected until then: it may not be on the screen yet. */
let found: { readonly cursor: string; readonly instead: Entry | undefined } | undefined;

/**
 * Goes to the next entry of that kind from where the reader stands, looking through the whole log on the server: within the
 * source, the filters and the time that are shown.
 */
export async function findNext(sought: Sought, direction: Direction): Promise<void> {
  const shown = view.peek();
  const questions = questionsFor(shown, sought);
  const at = placeOfReader(direction);
  if (questions.length === 0 || (at === undefined && direction === 'newer')) {
    finding.value = { state: 'none', sought, direction };
    return;
  }
  for (const question of questions) {
    if (at !== undefined) question.set('at', at);
    question.set('order', direction === 'newer' ? 'asc' : 'desc');
  }
  abort.abort();
  abort = new AbortController();
  const { signal: wanted } = abort;
  const searching = { state: 'searching', sought, direction, since: Date.now() } as const;
  finding.value = { ...searching, reached: undefined };
  try {
    const entry = await searchNearest(
      questions,
      (reached) => {
        if (!wanted.aborted) finding.value = { ...searching, reached };
      },
      wanted,
    );
    if (wanted.aborted) return;
    if (entry === undefined) {
      finding.value = { state: 'none', sought, direction };
      return;
    }
    finding.value = { state: 'idle' };
    show(entry);
  } catch (error) {
    if (wanted.aborted) return;
    const message = error instanceof ApiError ? error.message : 'The search was cut.';
    finding.value = { state: 'failed', message };
  }
}

/** Ends a search. @returns false when there was none */
export function cancelFinding(): boolean {
  const now = finding.peek();
  if (now.state !== 'searching') return false;
  abort.abort();
  finding.value = { state: 'cancelled', sought: now.sought, direction: now.direction };
  return true;
}

/** Forgets what the last search has come to, when something else is shown. */
export function forgetFinding(): void {
  untracked(() => {
    if (finding.value.state === 'idle') return;
    abort.abort();
    finding.value = { state: 'idle' };
  });
}

/** The entry that is selected if it can be seen, else an edge of the screen; nothing: the end. */
function placeOfReader(direction: Direction): string | undefined {
  const chosen = selected.peek();
  if (found !== undefined && found.instead === chosen && found.cursor === view.peek().at) return found.cursor;
  const range = visibleRange.peek();
  const isSeen =
    chosen !== undefined &&
    (range === undefined || (chosen.realtime_timestamp >= range.from && chosen.realtime_timestamp <= range.to));
  if (isSeen) return chosen.cursor;
  if (following.peek() || range === undefined) return undefined;
  return absoluteTime(direction === 'older' ? range.to : Math.max(0, range.from - 1));
}

function show(entry: Entry): void {
  found = { cursor: entry.cursor, instead: selected.peek() };
  go({ at: entry.cursor }, 'replace');
  const time = timeText(entry.realtime_timestamp, timeStyle.peek(), Date.now());
  announce(`${time} ${(fieldText(entry, 'MESSAGE') ?? '').slice(0, 120)}`);
}
