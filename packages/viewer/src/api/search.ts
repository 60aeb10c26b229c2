import type { Entry, LogEvent } from './entry.ts';
import { readEventStream } from './event-stream.ts';
import { ApiError, request } from './request.ts';

/**
 * The first entry that matches, in the order that is asked for, however far it is to be looked for.
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
        if (event === undefined || event === 'message') return JSON.parse(data) as Entry;
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
