import { type CursorParts, parseCursorParts } from './cursor-parts.ts';
import { QueryError } from './query-error.ts';

/** What gatewayd's `Range` header asks for. */
export interface GatewaydRange {
  readonly cursor: CursorParts | undefined;
  /** µs since 1970, both included; Infinity when there is no end. */
  readonly since: number | undefined;
  readonly until: number;
  /** Entries to go forward from where reading starts; back when negative. */
  readonly skip: number;
  /** Entries at most; Infinity when there is no limit. */
  readonly limit: number;
}

const wholeJournal: GatewaydRange = {
  cursor: undefined,
  since: undefined,
  until: Number.POSITIVE_INFINITY,
  skip: 0,
  limit: Number.POSITIVE_INFINITY,
};

/**
 * Reads `entries=cursor[[:num_skip]:num_entries]`, and since systemd 255 `realtime=[since]:[until][[:num_skip]:num_entries]`
 * with seconds since 1970. Other units are passed over, as gatewayd does. (systemd src/journal-remote/journal-gatewayd.c,
 * `request_parse_range`.)
 *
 * @throws QueryError `range-malformed`, and `cursor-malformed` for a cursor that says no place
 */
export function parseGatewaydRange(header: string | undefined): GatewaydRange {
  const [, unit, range = ''] = /^(entries|realtime)=[ \t\r\n]*(.*)$/s.exec(header ?? '') ?? [];
  if (unit === 'entries') return entriesRange(range);
  return unit === 'realtime' ? realtimeRange(range) : wholeJournal;
}

function entriesRange(range: string): GatewaydRange {
  const [cursorText = '', ...counts] = range.split(':');
  const [cursor = ''] = cursorText.split(/[ \t\r\n]/, 1);
  return {
    ...wholeJournal,
    ...skipAndLimit(counts),
    cursor: cursor === '' ? undefined : parseCursorParts(cursor),
  };
}

function realtimeRange(range: string): GatewaydRange {
  const [since = '', untilText, ...counts] = range.split(':');
  if (untilText === undefined) throw malformed();
  const until = untilText === '' ? Number.POSITIVE_INFINITY : microseconds(untilText);
  const begin = since === '' ? undefined : microseconds(since);
  if (until < (begin ?? 0)) throw malformed();
  return { ...wholeJournal, ...skipAndLimit(counts), since: begin, until };
}

/** `num_entries`, or `num_skip` and `num_entries`; the last may be empty for all. */
function skipAndLimit(counts: readonly string[]): { skip: number; limit: number } {
  if (counts.length > 2) throw malformed();
  const [skip, limit] = counts.length === 2 ? counts : ['0', counts[0] ?? ''];
  return { skip: integer(skip ?? ''), limit: limit === '' ? Number.POSITIVE_INFINITY : positive(limit ?? '') };
}

function positive(text: string): number {
  const value = integer(text);
  if (value <= 0) throw malformed();
  return value;
}

/** Decimal, or with C's prefixes 0x, 0b, 0o and 0, as systemd reads numbers. */
function integer(text: string): number {
  const [, sign = '', digits] = /^[ \t\r\n]*([+-]?)(0x[0-9a-f]+|0b[01]+|0o?[0-7]*|[1-9][0-9]*)$/i.exec(text) ?? [];
  if (digits === undefined) throw malformed();
  const value = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits.replace(/^0o$/i, '0'));
  if (value >= 1n << 64n) throw malformed();
  return Number(sign === '-' ? -value : value);
}

function microseconds(text: string): number {
  if (!/^[0-9]{1,12}(\.[0-9]*)?$/.test(text)) throw malformed();
  const [seconds = '0', fraction = ''] = text.split('.');
  return Number(seconds) * 1e6 + Number(fraction.slice(0, 6).padEnd(6, '0'));
}

function malformed(): QueryError {
  return new QueryError('range-malformed', 'Failed to parse Range header.');
}
