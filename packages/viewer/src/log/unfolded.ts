import { signal } from '@preact/signals';
import { readEntry } from '../api/entries.ts';
import type { Entry } from '../api/entry.ts';
import { question } from './question.ts';
import type { EntryRow } from './row.ts';

/** Rows that show all their fields, and rows that show all lines of their message: by key. */
export const openRows = signal<ReadonlySet<string>>(new Set());
export const unfoldedRows = signal<ReadonlySet<string>>(new Set());
/** Entries of which only a part is in memory, whole again: by key. */
export const wholeEntries = signal<ReadonlyMap<string, Entry>>(new Map());

/** Whole entries may be long. */
const mostWhole = 8;

export function toggle(rows: typeof openRows, key: string): void {
  const changed = new Set(rows.peek());
  if (!changed.delete(key)) changed.add(key);
  rows.value = changed;
}

/** Reads an entry again of which a part was cut. */
export async function readWhole({ key, entry, cut }: EntryRow): Promise<Entry> {
  const known = wholeEntries.peek().get(key);
  if (cut === undefined) return entry;
  if (known !== undefined) return known;
  const read = await readEntry(entry.cursor, question().parameters, AbortSignal.timeout(60_000));
  if (read === undefined) return entry;
  wholeEntries.value = new Map([...wholeEntries.peek(), [key, read] as const].slice(-mostWhole));
  return read;
}
