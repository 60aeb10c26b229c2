import type { Entry } from './entry.ts';

/**
 * Reads an entry as the API sends it. Undefined where it is none: the gateway passes on what nodes write without looking into
 * it, and a node may have been taken over.
 */
export function entryOf(text: string): Entry | undefined {
  let entry: Partial<Entry> | null;
  try {
    entry = JSON.parse(text);
  } catch {
    return undefined;
  }
  const isWhole =
    typeof entry?.cursor === 'string' &&
    typeof entry.realtime_timestamp === 'number' &&
    typeof entry.source?.agent === 'string' &&
    typeof entry.source.host === 'string' &&
    typeof entry.fields === 'object' &&
    entry.fields !== null;
  return isWhole ? (entry as Entry) : undefined;
}
