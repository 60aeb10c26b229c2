import {
  continuationIndent,
  eventLine,
  eventMessage,
  eventText,
  lineBreak,
  textSeparator,
  type V3Event,
  type V3Format,
  v3MediaTypes,
} from '@clusterlog/shared';
import type { EntrySource } from './entry-source.ts';

/** The formats that callers are answered in. */
export type AnswerFormat = Exclude<V3Format, 'lines'>;

export interface WrittenEntry {
  /** As the agent sent it, for the payload that {@link EntryWriter.payload} names. */
  readonly payload: string;
  readonly source: EntrySource;
  readonly late: boolean;
}

/** Makes the bytes of one format from lines of agents, without looking into what they carry. */
export interface EntryWriter {
  readonly contentType: string;
  /** What agents are to put behind their sort keys. */
  readonly payload: 'ndjson' | 'text' | 'export';
  /** @param cursor resumes after the entry; asked for only where the format has a place for it */
  entry(entry: WrittenEntry, cursor: () => string): string | Buffer;
  /** Empty where the format has no place for it. */
  event(event: V3Event, cursor?: string): string;
  /** What keeps a connection alive while there is nothing to say. */
  readonly ping: string;
}

export interface TextOptions {
  readonly output: 'cat' | undefined;
  readonly raw: boolean;
}

export function createEntryWriter(format: AnswerFormat, text: TextOptions): EntryWriter {
  switch (format) {
    case 'text':
      return text.raw ? rawTextWriter(text) : textWriter(text);
    case 'ndjson':
      return ndjsonWriter;
    case 'sse':
      return sseWriter;
    case 'export':
      return exportWriter;
  }
}

/**
 * What the gateway says of an entry stands behind what its agent says: of a member that occurs twice readers take the last, so
 * that a node somebody has taken over cannot pass its entries off as another's. A carriage return, which JSON has only
 * escaped, would end a line of an event stream.
 */
function jsonOf({ payload, source, late }: WrittenEntry, cursor: string): string {
  const object = payload.includes('\r') ? payload.replaceAll('\r', '') : payload;
  return `${object.slice(0, -1)},${late ? '"late":true,' : ''}"source":${source.json},"cursor":"${cursor}"}`;
}

const ndjsonWriter: EntryWriter = {
  contentType: v3MediaTypes.ndjson,
  payload: 'ndjson',
  ping: '',
  entry: (entry, cursor) => `${jsonOf(entry, cursor())}\n`,
  event: (event) => eventLine(event),
};

const sseWriter: EntryWriter = {
  contentType: v3MediaTypes.sse,
  payload: 'ndjson',
  ping: ':\n\n',
  entry: (entry, cursor) => {
    const id = cursor();
    return `id: ${id}\ndata: ${jsonOf(entry, id)}\n\n`;
  },
  event: (event, cursor) => eventMessage(event, cursor),
};

/** The line breaks of a message, and what is before its further lines. */
const brokenLine = `\n${continuationIndent}`;

/** Agents send none of these in text, but for the marks of the line stream; one that is no longer ours might. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not get into a terminal
const unprintables = /[^\P{Cc}\x0b\x1f\t]/gu;
const unprintable = new RegExp(unprintables.source, 'u');

function textWriter({ output }: TextOptions): EntryWriter {
  return {
    contentType: v3MediaTypes.text,
    payload: 'text',
    ping: '',
    entry: ({ payload, source }) => {
      const printable = unprintable.test(payload) ? payload.replace(unprintables, '?') : payload;
      const line = `${linePrefix(printable, source, output)}${printable.slice(restStart(printable))}\n`;
      return line.includes(lineBreak) ? line.replaceAll(lineBreak, output === 'cat' ? '\n' : brokenLine) : line;
    },
    event: (event) => eventText(event),
  };
}

function rawTextWriter({ output }: TextOptions): EntryWriter {
  return {
    contentType: 'text/plain',
    payload: 'text',
    ping: '',
    entry: ({ payload, source }) => {
      const bytes = Buffer.from(payload, 'base64');
      const latin1 = bytes.toString('latin1');
      const prefix = Buffer.from(linePrefix(latin1, source, output), 'utf8');
      return Buffer.concat([prefix, bytes.subarray(restStart(latin1)), Buffer.from('\n')]);
    },
    event: (event) => eventText(event),
  };
}

function restStart(payload: string): number {
  return payload.indexOf(textSeparator, payload.indexOf(textSeparator) + 1) + 1;
}

function linePrefix(payload: string, { host, task }: EntrySource, output: 'cat' | undefined): string {
  if (output === 'cat') return '';
  const timeEnd = payload.indexOf(textSeparator);
  const label = task ?? payload.slice(timeEnd + 1, payload.indexOf(textSeparator, timeEnd + 1));
  return `${payload.slice(0, timeEnd)} ${host} ${label}`;
}

/** Journal export (systemd, docs/JOURNAL_EXPORT_FORMATS.md): the source stands in fields, there is no place for events. */
const exportWriter: EntryWriter = {
  contentType: v3MediaTypes.export,
  payload: 'export',
  ping: '',
  entry: ({ payload, source, late }, cursor) => {
    const bytes = Buffer.from(payload, 'base64');
    const added = `${source.exported}CLUSTERLOG_CURSOR=${cursor()}\n${late ? 'CLUSTERLOG_LATE=1\n' : ''}\n`;
    // The empty line that ends an entry comes behind what is added.
    return Buffer.concat([bytes.subarray(0, bytes.length - 1), Buffer.from(added)]);
  },
  event: () => '',
};
