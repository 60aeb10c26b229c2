import type { Entry, LogEvent } from './entry.ts';
import { entryOf } from './entry-text.ts';
import { readEventStream } from './event-stream.ts';
import { ApiError, request } from './request.ts';

/** A part of the log, as one answer gives it. */
export interface Page {
  /** In the order of the answer. */
  readonly items: readonly PageItem[];
  /** There is more behind the last one. Undefined where the answer does not say. */
  readonly more: boolean | undefined;
  /** Where to go on, even if there was no entry. */
  readonly cursor: string | undefined;
}

/** An entry with the text it came as, or what stands between entries. */
export type PageItem =
  | { readonly entry: Entry; readonly size: number }
  | { readonly event: Exclude<LogEvent, { event: 'end' | 'error' | 'checkpoint' }> };

const unreadable = { event: 'gap', reason: 'unreadable' } as const;

/**
 * Reads `entries` or `context`, whole.
 *
 * @param path `entries` or `context`
 * @throws ApiError where the answer is not a 2xx, or ends with an error
 */
export async function readPage(path: string, parameters: URLSearchParams, signal: AbortSignal): Promise<Page> {
  const response = await request(path, parameters, { accept: 'text/event-stream', signal });
  const items: PageItem[] = [];
  let more: boolean | undefined;
  let cursor: string | undefined;
  for await (const messages of readEventStream(response)) {
    for (const { event, data } of messages) {
      if (event === undefined || event === 'message') {
        const entry = entryOf(data);
        items.push(entry === undefined ? { event: unreadable } : { entry, size: data.length });
        continue;
      }
      const said = JSON.parse(data) as LogEvent;
      if (said.event === 'error') throw new ApiError(said);
      if (said.event === 'end') {
        more = said.reason === 'limit';
        cursor = said.cursor;
      } else if (said.event !== 'checkpoint') items.push({ event: said });
    }
  }
  return { items, more, cursor };
}

/** An entry again, with all of its bytes. Undefined where it is gone. */
export async function readEntry(
  cursor: string,
  parameters: URLSearchParams,
  signal: AbortSignal,
): Promise<Entry | undefined> {
  const asked = new URLSearchParams(parameters);
  asked.set('cursor', cursor);
  asked.set('before', '0');
  asked.set('after', '0');
  const { items } = await readPage('context', asked, signal);
  const last = items.findLast((item) => 'entry' in item);
  return last?.entry;
}
