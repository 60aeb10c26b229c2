import { type Entry, fieldText } from '../api/entry.ts';
import { fullTime } from '../log/time-text.ts';

/** An entry as the API writes it as text: RFC 3339 time, host, task or identifier, message; further lines are indented. */
export function entryText(entry: Entry): string {
  const { realtime_timestamp, source } = entry;
  const pid = fieldText(entry, '_PID');
  const writer = source.task ?? fieldText(entry, 'SYSLOG_IDENTIFIER') ?? fieldText(entry, '_COMM') ?? 'unknown';
  const message = (fieldText(entry, 'MESSAGE') ?? '').replace(/\n+$/, '').replaceAll('\n', '\n    ');
  return `${fullTime(realtime_timestamp, 'utc')} ${source.host} ${writer}${pid === undefined ? '' : `[${pid}]`}: ${message}`;
}

/** An entry as the API writes it as JSON, to be read by people. */
export function entryJson(entry: Entry): string {
  return JSON.stringify(entry, null, 2);
}
