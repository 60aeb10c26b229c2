import type { Entry, GapEvent, LifecycleEvent } from '../api/entry.ts';

/** A row of the log: an entry, or something that happened between entries. */
export type Row = EntryRow | EventRow;

export interface EntryRow {
  readonly kind: 'entry';
  /** What the entry is known by, however it was reached. */
  readonly key: string;
  readonly entry: Entry;
  /** Characters it takes, about. */
  readonly size: number;
  /** Lengths of the fields that were cut, in characters. */
  readonly cut?: Readonly<Record<string, number>>;
}

export interface EventRow {
  readonly kind: 'event';
  readonly key: string;
  readonly event: GapEvent | LifecycleEvent | { readonly event: 'ended'; readonly why: string };
  readonly size: number;
}

/** Longest field that is kept, in characters: the rest is asked for again when it is wanted. */
const longestField = 16 * 1024;
const sizeOfEvent = 300;
let events = 0;

/** What an entry is known by, however it was reached (docs/decisions/0050-what-a-repeated-entry-is-known-by.md). */
export function entryKey({ source, boot_id, monotonic_timestamp, seqnum, realtime_timestamp }: Entry): string {
  return `${source.agent} ${boot_id} ${monotonic_timestamp} ${seqnum ?? realtime_timestamp}`;
}

/** @param size characters of the text it came as */
export function entryRow(entry: Entry, size: number): EntryRow {
  const key = entryKey(entry);
  if (size <= longestField) return { kind: 'entry', key, entry, size };
  const fields = { ...entry.fields };
  const cut: Record<string, number> = {};
  let spared = 0;
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value !== 'string' || value.length <= longestField) continue;
    cut[name] = value.length;
    spared += value.length - longestField;
    fields[name] = copyOf(value.slice(0, longestField));
  }
  return spared === 0
    ? { kind: 'entry', key, entry, size }
    : { kind: 'entry', key, entry: { ...entry, fields }, size: size - spared, cut };
}

export function eventRow(event: EventRow['event']): EventRow {
  return { kind: 'event', key: `event ${events++}`, event, size: sizeOfEvent };
}

/** A part of a string keeps the whole alive in V8; a copy does not. */
function copyOf(text: string): string {
  return JSON.parse(JSON.stringify(text));
}
