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
    entry.fields !== null &&
    Object.values(entry.fields).every((value) => (Array.isArray(value) ? value.every(isText) : isText(value)));
  return isWhole ? (entry as Entry) : undefined;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' || typeof (value as { base64?: unknown } | null)?.base64 === 'string';
}
