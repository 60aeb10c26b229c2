import { entryOf } from '../api/entry-text.ts';
import { Follow } from '../api/follow.ts';
import { Arrivals } from './arrivals.ts';
import { atBeginning, attached, following, held, loading, redraw, waiting } from './log-state.ts';
import { question } from './question.ts';
import { entryRow, eventRow, type Row } from './row.ts';
import { seeSource } from './sources-seen.ts';
import { streamState } from './stream-state.ts';
import { summarise } from './summary.ts';
import { endText, isLastState } from './task-end.ts';

/** Entries that a follow begins with. */
export const firstPage = 200;

let follow: Follow | undefined;
let ended: string | undefined;
const arrivals = new Arrivals(take);

export function isFollowed(): boolean {
  return follow !== undefined;
}

export function stopFollow(): void {
  follow?.close();
  follow = undefined;
  arrivals.drop();
}

/** Says why nothing more will come of the task that is read; undefined: it goes on. */
export function endOfTask(why: string | undefined): void {
  ended = why;
  if (why !== undefined) streamState.value = { state: 'ended', why };
}

/** @param after cursor to go on after; undefined: at the end, with the newest entries */
export function startFollow(after: string | undefined): void {
  stopFollow();
  const { parameters, ofOneTask, signal } = question();
  if (after === undefined) loading.value = 'first';
  const answered = () => {
    if (loading.peek() === 'first') loading.value = undefined;
  };
  follow = new Follow({
    parameters,
    after,
    tail: firstPage,
    onEntries: (texts) => {
      if (signal.aborted) return undefined;
      answered();
      if (!attached.peek()) {
        waiting.value += texts.length;
        return undefined;
      }
      const added = texts.map((text) => rowOfText(text));
      arrivals.add(added);
      const newest = added.findLast((row) => row.kind === 'entry');
      return newest?.kind === 'entry' ? newest.entry.realtime_timestamp : undefined;
    },
    onEvent: (event) => {
      if (signal.aborted || !attached.peek()) return;
      arrivals.add([eventRow(event)]);
      if (ofOneTask && event.event === 'lifecycle' && isLastState(event.state)) {
        endOfTask(endText(event.state));
      }
    },
    onState: (state) => {
      if (signal.aborted) return;
      if (state.state !== 'catching-up') answered();
      // That a task has ended stays true when the connection to its log is cut.
      if (ended === undefined || state.state === 'ended') streamState.value = state;
      else endOfTask(ended);
    },
  });
  follow.start();
}

/** Puts rows behind the newest. What is read is never pushed out by what comes: then that waits at the gateway. */
function take(added: readonly Row[]): void {
  if (streamState.peek().state === 'live') summarise(added);
  if (!following.peek()) {
    waiting.value += added.filter(({ kind }) => kind === 'entry').length;
    if (!held.hasRoomFor(added)) attached.value = false;
  }
  if (!attached.peek()) return;
  if (held.append(added) > 0) atBeginning.value = false;
  redraw();
}

function rowOfText(text: string): Row {
  const entry = entryOf(text);
  if (entry === undefined) return eventRow({ event: 'gap', reason: 'unreadable' });
  seeSource(entry.source);
  return entryRow(entry, text.length);
}
