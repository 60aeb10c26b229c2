import type { RawExchange } from '../raw-exchange.ts';
import type { ReadEntry } from '../reading.ts';

/** Go's bufio.Scanner, with which the CLI reads lines and events, gives up at so many bytes. */
export const scannerLimit = 65_536;

/** Fields that the CLI reads into Go strings. */
const stringFields = [
  'MESSAGE',
  'PRIORITY',
  'SYSLOG_IDENTIFIER',
  '_PID',
  '_COMM',
  '_SYSTEMD_UNIT',
  'UNIT',
  '_HOSTNAME',
];

/**
 * What `dcos node log` shows of an answer in JSON: it stops at a line that is too long, without a word.
 *
 * @throws Error where the CLI ends with one: a line that does not fit its types
 */
export function scannedEntries({ body }: RawExchange): ReadEntry[] {
  const entries: ReadEntry[] = [];
  let start = 0;
  for (;;) {
    const end = body.indexOf('\n', start);
    if (end === -1 || end - start >= scannerLimit) return entries;
    entries.push(unmarshal(body.subarray(start, end).toString()));
    start = end + 1;
  }
}

/** Go's json.Unmarshal into the CLI's types. @throws Error where a value has another type */
export function unmarshal(line: string): ReadEntry {
  const entry = JSON.parse(line) as ReadEntry;
  for (const name of stringFields) {
    const value: unknown = entry.fields[name];
    if (value !== undefined && typeof value !== 'string') throw new Error(`expected text as ${name}, found ${line}`);
  }
  for (const name of ['monotonic_timestamp', 'realtime_timestamp'] as const) {
    const value: unknown = entry[name];
    if (value !== undefined && !Number.isInteger(value))
      throw new Error(`expected an integer as ${name}, found ${line}`);
  }
  return entry;
}
