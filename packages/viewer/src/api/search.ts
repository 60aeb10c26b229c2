import type { Entry, LogEvent } from './entry.ts';
import { entryOf } from './entry-text.ts';
import { readEventStream } from './event-stream.ts';
import { ApiError, request } from './request.ts';

/**
 * The first entry that matches, in the order that is asked for, however far it is to be looked for.
 * One that cannot be read is passed over.
 *
 * @param parameters of `entries`, `order` and where to start among them
 * @param onReached told about once a second how far in time the search has got, µs
 * @returns undefined when there is none
 * @throws ApiError, and the signal's reason
 */
export async function searchFirst(
  parameters: URLSearchParams,
  onReached: (realtime: number) => void,
  signal: AbortSignal,
): Promise<Entry | undefined> {
  const asked = new URLSearchParams(parameters);
  asked.set('limit', 'all');
  // What is behind the first one is not wanted: the answer is left then, and the search ends with it.
  const enough = new AbortController();
  const either = AbortSignal.any([signal, enough.signal]);
  try {
    const response = await request('entries', asked, { accept: 'text/event-stream', signal: either });
    for await (const messages of readEventStream(response)) {
      for (const { event, data } of messages) {
        if (event === undefined || event === 'message') {
          const entry = entryOf(data);
          if (entry !== undefined) return entry;
          continue;
        }
        const said = JSON.parse(data) as LogEvent;
        if (said.event === 'error') throw new ApiError(said);
        if (said.event === 'end') return undefined;
        if (said.event === 'checkpoint' && said.realtime !== undefined) onReached(said.realtime);
      }
    }
    throw new Error('the search was cut before it had ended');
  } finally {
    enough.abort();
  }
}

/**
 * The nearest entry that any of some questions finds. A question that has been looked for past what another has found is left.
 *
 * @param questions parameters of `entries` that differ in what they look for, all of them with the same `order`
 * @param onReached told how far all of them have got, µs
 * @returns undefined when there is none
 * @throws ApiError, and the signal's reason
 */
export async function searchNearest(
  questions: readonly URLSearchParams[],
  onReached: (realtime: number) => void,
  signal: AbortSignal,
): Promise<Entry | undefined> {
  const isNewer = questions[0]?.get('order') !== 'desc';
  const isNearer = (one: number, other: number) => (isNewer ? one < other : one > other);
  const searches = questions.map(() => ({ abort: new AbortController(), reached: undefined as number | undefined }));
  let nearest: Entry | undefined;
  const leavePassed = () => {
    for (const { abort, reached } of searches) {
      if (nearest !== undefined && reached !== undefined && isNearer(nearest.realtime_timestamp, reached))
        abort.abort();
    }
  };
  const look = async (parameters: URLSearchParams, index: number): Promise<void> => {
    const search = searches[index];
    if (search === undefined) return;
    const told = (realtime: number) => {
      search.reached = realtime;
      const all = searches.map(({ reached }) => reached);
      if (all.every((one) => one !== undefined)) onReached(isNewer ? Math.min(...all) : Math.max(...all));
      leavePassed();
    };
    try {
      const found = await searchFirst(parameters, told, AbortSignal.any([signal, search.abort.signal]));
      search.reached = isNewer ? Number.POSITIVE_INFINITY : 0;
      if (found === undefined) return;
      if (nearest === undefined || isNearer(found.realtime_timestamp, nearest.realtime_timestamp)) nearest = found;
      leavePassed();
    } catch (error) {
      if (signal.aborted || !search.abort.signal.aborted) throw error;
    }
  };
  try {
    await Promise.all(questions.map(look));
    return nearest;
  } finally {
    for (const { abort } of searches) abort.abort();
  }
}
