import { absoluteTime } from '@clusterlog/shared/v3/time';
import { signal, untracked } from '@preact/signals';
import { go, view } from '../address/view.ts';
import type { Entry } from '../api/entry.ts';
import { fieldText } from '../api/entry.ts';
import { ApiError } from '../api/request.ts';
import { searchNearest } from '../api/search.ts';
import { selected, visibleRange } from '../log/index.ts';
import { following } from '../log/reader.ts';
import { timeText } from '../log/time-text.ts';
import { announce } from '../people/announce.ts';
import { timeStyle } from '../people/preferences.ts';
import { questionsFor, type Sought } from './sought.ts';

export type Direction = 'older' | 'newer';

/** How looking for the next entry goes. */
export type Finding =
  | { readonly state: 'idle' }
  | {
      readonly state: 'searching';
      readonly sought: Sought;
      readonly direction: Direction;
      /** ms since 1970. */
      readonly since: number;
      /** Where it began, and how far it has got; µs. Undefined: at an end of the log; not told yet. */
      readonly from: number | undefined;
      readonly reached: number | undefined;
    }
  | { readonly state: 'none' | 'cancelled'; readonly sought: Sought; readonly direction: Direction }
  | { readonly state: 'failed'; readonly message: string };

export const finding = signal<Finding>({ state: 'idle' });

let abort = new AbortController();

/**
 * Goes to the next entry of that kind from where the reader stands, looking through the whole log on the server: within the
 * source, the filters and the time that are shown.
 */
export async function findNext(sought: Sought, direction: Direction): Promise<void> {
  const shown = view.peek();
  const questions = questionsFor(shown, sought);
  const from = placeOfReader(direction);
  if (questions.length === 0 || (from.at === undefined && direction === 'newer')) {
    announceNone(sought, direction);
    return;
  }
  for (const question of questions) {
    if (from.at !== undefined) question.set('at', from.at);
    question.set('order', direction === 'newer' ? 'asc' : 'desc');
  }
  abort.abort();
  abort = new AbortController();
  const { signal: wanted } = abort;
  const searching = { state: 'searching', sought, direction, since: Date.now(), from: from.time } as const;
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
      announceNone(sought, direction);
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
  announce('Search cancelled');
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
function placeOfReader(direction: Direction): { readonly at: string | undefined; readonly time: number | undefined } {
  const chosen = selected.peek();
  const range = visibleRange.peek();
  const isSeen =
    chosen !== undefined &&
    (range === undefined || (chosen.realtime_timestamp >= range.from && chosen.realtime_timestamp <= range.to));
  if (isSeen) return { at: chosen.cursor, time: chosen.realtime_timestamp };
  if (following.peek() || range === undefined) return { at: undefined, time: undefined };
  const time = direction === 'older' ? range.to : Math.max(0, range.from - 1);
  return { at: absoluteTime(time), time };
}

function show(entry: Entry): void {
  go({ at: entry.cursor }, 'replace');
  const time = timeText(entry.realtime_timestamp, timeStyle.peek(), Date.now());
  announce(`${time} ${(fieldText(entry, 'MESSAGE') ?? '').slice(0, 120)}`);
}

function announceNone(sought: Sought, direction: Direction): void {
  finding.value = { state: 'none', sought, direction };
  announce(noneText(sought, direction));
}

export function noneText(sought: Sought, direction: Direction): string {
  return `No ${direction} ${sought === 'error' ? 'error' : 'hit'}.`;
}
