import { type Entry, fieldText, textOf, valuesOf } from '../api/entry.ts';
import { type JsonMessage, jsonMessage } from './json-message.ts';
import type { EntryRow } from './row.ts';
import { type Severity, severityOf } from './severity.ts';

/** What of an entry its row shows. */
export interface Presentation {
  readonly message: string;
  readonly json: JsonMessage | undefined;
  readonly severity: Severity | undefined;
  /** Lines of the message. */
  readonly lines: number;
  /** Characters of the whole message, also where only its beginning was kept. */
  readonly length: number;
  /** The message is not UTF-8, and shown with replacement characters. */
  readonly binary: boolean;
  /** Who wrote it, where that is not a task: `sshd[931]`. */
  readonly writer: string | undefined;
}

const known = new WeakMap<Entry, Presentation>();

export function presentationOf({ entry, cut }: EntryRow): Presentation {
  let presentation = known.get(entry);
  if (presentation === undefined) {
    presentation = present(entry, cut?.MESSAGE);
    known.set(entry, presentation);
  }
  return presentation;
}

function present(entry: Entry, wholeLength: number | undefined): Presentation {
  const field = entry.fields.MESSAGE;
  const values = field === undefined ? [] : valuesOf(field);
  const message = values.map(textOf).join('\n').replace(/\n+$/, '');
  const json = wholeLength === undefined ? jsonMessage(message) : undefined;
  return {
    message,
    json,
    severity: severityOf(entry, message, json?.object),
    lines: countLines(message),
    length: wholeLength ?? message.length,
    binary: values.some((value) => typeof value !== 'string'),
    writer: entry.source.task === undefined ? writerOf(entry) : undefined,
  };
}

function writerOf(entry: Entry): string | undefined {
  const identifier = fieldText(entry, 'SYSLOG_IDENTIFIER') ?? fieldText(entry, '_COMM');
  if (identifier === undefined) return undefined;
  const process = fieldText(entry, 'SYSLOG_PID') ?? fieldText(entry, '_PID');
  return process === undefined ? identifier : `${identifier}[${process}]`;
}

function countLines(text: string): number {
  let lines = 1;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}
