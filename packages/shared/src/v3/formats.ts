import Negotiator from 'negotiator';
import { mediaTypes } from '../media-types.ts';

/** The formats of v3. `lines` is spoken between gateway and agent only: see lines.ts. */
export const v3Formats = ['text', 'ndjson', 'sse', 'export', 'lines'] as const;
export type V3Format = (typeof v3Formats)[number];

/** The Content-Type of each format. Text is UTF-8, but for `raw=true`. */
export const v3MediaTypes = {
  text: 'text/plain; charset=utf-8',
  ndjson: 'application/x-ndjson',
  sse: mediaTypes.eventStream,
  export: mediaTypes.journalExport,
  lines: 'application/vnd.clusterlog.lines',
} as const satisfies Record<V3Format, string>;

/** Media types offered, the preferred first: what a wildcard means. */
const offered: ReadonlyMap<string, V3Format> = new Map([
  ['text/plain', 'text'],
  [v3MediaTypes.ndjson, 'ndjson'],
  // People ask for JSON by this name, and get one object a line.
  [mediaTypes.json, 'ndjson'],
  [v3MediaTypes.sse, 'sse'],
  [v3MediaTypes.export, 'export'],
  [v3MediaTypes.lines, 'lines'],
]);

/** Everything is UTF-8 whatever is asked for; negotiator would take a range with a parameter for another type. */
const charsets = /;\s*charset\s*=\s*(?:"[^"]*"|[^;,]*)/gi;

/**
 * The format of an answer: the parameter `format` if there is one, else the best of `Accept` (RFC 9110, quality values and
 * wildcards included). A wildcard, and no Accept at all, mean text.
 *
 * @returns undefined when Accept takes none of them
 */
export function negotiateFormat(accept: string | undefined, format: V3Format | undefined): V3Format | undefined {
  if (format !== undefined) return format;
  const headers = accept === undefined ? {} : { accept: accept.replace(charsets, '') };
  const best = new Negotiator({ headers }).mediaType([...offered.keys()]);
  return best === undefined ? undefined : offered.get(best);
}
