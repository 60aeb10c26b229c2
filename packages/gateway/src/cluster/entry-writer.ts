import { isUtf8 } from 'node:buffer';
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
import { isOneEntry } from './export-entry.ts';
import type { OutputSlab } from './output-slab.ts';
import type { PayloadInBytes } from './waiting-entry.ts';

/** The formats that callers are answered in. */
export type AnswerFormat = Exclude<V3Format, 'lines'>;

/** What the gateway says of an entry. */
export interface EntryFacts {
  readonly source: EntrySource;
  readonly late: boolean;
  /** Resumes after the entry; asked for only where the format has a place for it. */
  readonly cursor: () => string;
}

/** Makes the bytes of one format from lines of agents, without looking into what they carry. */
export interface EntryWriter {
  readonly contentType: string;
  /** What agents are to put behind their sort keys. */
  readonly payload: 'ndjson' | 'text' | 'export';
  /** Writes an entry, whose payload is as {@link payload} names it. */
  entry(entry: PayloadInBytes, facts: EntryFacts, output: OutputSlab): void;
  /** Empty where the format has no place for it. */
  event(event: V3Event, cursor?: string): string;
  /** What may be sent of the bytes that were written, whole entries always: agents can be anybody's. */
  sendable(written: Buffer): Buffer;
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

const lateMember = Buffer.from(',"late":true');
const endOfObject = Buffer.from('"}');
const lineFeed = Buffer.from('\n');
const [idOfEvent, dataOfEvent, endOfEvent] = ['id: ', '\ndata: ', '\n\n'].map((text) => Buffer.from(text)) as [
  Buffer,
  Buffer,
  Buffer,
];
/** What a writer of JSON needs beside payload, source and cursors, in bytes. */
const framing = 64;
const carriageReturn = 0x0d;

function payloadLength({ payloadStart, payloadEnd }: PayloadInBytes): number {
  return payloadEnd - payloadStart;
}

/**
 * What the gateway says of an entry stands behind what its agent says: of a member that occurs twice readers take the last, so
 * that a node somebody has taken over cannot pass its entries off as another's.
 */
function writeObject(
  { bytes, payloadStart, payloadEnd }: PayloadInBytes,
  facts: EntryFacts,
  cursor: string,
  output: OutputSlab,
) {
  output.copy(bytes, payloadStart, Math.max(payloadStart, payloadEnd - 1));
  if (facts.late) output.append(lateMember);
  output.append(facts.source.json);
  output.ascii(cursor);
  output.append(endOfObject);
}

/** A carriage return, which JSON has only escaped, would end a line of an event stream. */
function sendableJson(written: Buffer): Buffer {
  const text = isUtf8(written) ? written : Buffer.from(written.toString('utf8'));
  return text.includes(carriageReturn) ? (text.filter((byte) => byte !== carriageReturn) as Buffer) : text;
}

const asWritten = (written: Buffer): Buffer => written;

const ndjsonWriter: EntryWriter = {
  contentType: v3MediaTypes.ndjson,
  payload: 'ndjson',
  ping: '',
  entry: (entry, facts, output) => {
    const cursor = facts.cursor();
    output.reserve(payloadLength(entry) + facts.source.json.length + cursor.length + framing);
    writeObject(entry, facts, cursor, output);
    output.append(lineFeed);
  },
  event: (event) => eventLine(event),
  sendable: sendableJson,
};

const sseWriter: EntryWriter = {
  contentType: v3MediaTypes.sse,
  payload: 'ndjson',
  ping: ':\n\n',
  entry: (entry, facts, output) => {
    const cursor = facts.cursor();
    output.reserve(payloadLength(entry) + facts.source.json.length + 2 * cursor.length + framing);
    output.append(idOfEvent);
    output.ascii(cursor);
    output.append(dataOfEvent);
    writeObject(entry, facts, cursor, output);
    output.append(endOfEvent);
  },
  event: (event, cursor) => eventMessage(event, cursor),
  sendable: sendableJson,
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
    entry: ({ bytes, payloadStart, payloadEnd }, { source }, slab) => {
      const payload = bytes.toString('utf8', payloadStart, payloadEnd);
      const printable = unprintable.test(payload) ? payload.replace(unprintables, '?') : payload;
      const line = `${linePrefix(printable, source, output)}${printable.slice(restStart(printable))}\n`;
      slab.utf8(line.includes(lineBreak) ? line.replaceAll(lineBreak, output === 'cat' ? '\n' : brokenLine) : line);
    },
    event: (event) => eventText(event),
    sendable: asWritten,
  };
}

function rawTextWriter({ output }: TextOptions): EntryWriter {
  return {
    contentType: 'text/plain',
    payload: 'text',
    ping: '',
    entry: (entry, { source }, slab) => {
      const bytes = decodedPayload(entry);
      const latin1 = bytes.toString('latin1');
      slab.utf8(linePrefix(latin1, source, output));
      writeRest(bytes, restStart(latin1), slab);
    },
    event: (event) => eventText(event),
    sendable: asWritten,
  };
}

function writeRest(bytes: Buffer, start: number, slab: OutputSlab): void {
  slab.reserve(bytes.length + 1);
  slab.copy(bytes, start, bytes.length);
  slab.append(lineFeed);
}

function decodedPayload({ bytes, payloadStart, payloadEnd }: PayloadInBytes): Buffer {
  return Buffer.from(bytes.toString('latin1', payloadStart, payloadEnd), 'base64');
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
  entry: (entry, { source, late, cursor }, slab) => {
    const bytes = decodedPayload(entry);
    if (!isOneEntry(bytes)) return;
    const place = Buffer.from(`CLUSTERLOG_CURSOR=${cursor()}\n${late ? 'CLUSTERLOG_LATE=1\n' : ''}\n`);
    slab.reserve(bytes.length + source.exported.length + place.length);
    // The empty line that ends an entry comes behind what is added.
    slab.copy(bytes, 0, Math.max(0, bytes.length - 1));
    slab.append(source.exported);
    slab.append(place);
  },
  event: () => '',
  sendable: asWritten,
};
