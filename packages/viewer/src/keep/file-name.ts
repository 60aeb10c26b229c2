import type { Scope } from '../address/view.ts';

/** What a log can be saved as. */
export const formats = {
  text: { accept: 'text/plain', extension: 'log', label: 'Text' },
  ndjson: { accept: 'application/x-ndjson', extension: 'ndjson', label: 'NDJSON' },
  export: { accept: 'application/vnd.fdo.journal', extension: 'export', label: 'Journal export' },
} as const;
export type DownloadFormat = keyof typeof formats;

const longestPart = 60;

/**
 * A name that says what is in the file: `web-frontend-20261121T140000Z.log.gz`.
 *
 * @param now ms since 1970
 */
export function fileName(scope: Scope, format: DownloadFormat, compressed: boolean, now: number): string {
  const named = Object.values(scope).flatMap((values) => values ?? []);
  const what = named.length === 0 ? 'cluster' : named.join('-');
  const plain =
    what
      .replace(/[^A-Za-z0-9._-]+/g, '-')
      .replace(/^[-.]+|[-.]+$/g, '')
      .slice(0, longestPart) || 'log';
  const time = new Date(now).toISOString().replace(/\.\d+|[-:]/g, '');
  return `${plain}-${time}.${formats[format].extension}${compressed ? '.gz' : ''}`;
}
