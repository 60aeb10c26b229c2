import type { RawExchange } from './raw-exchange.ts';

/** The object of a JSON line or an event. */
export interface ReadEntry {
  readonly fields: Readonly<Record<string, string>>;
  readonly cursor: string;
  readonly monotonic_timestamp: number;
  readonly realtime_timestamp: number;
}

/** One event of a stream, its lines as they stand. */
export interface ReadEvent {
  readonly id: string | undefined;
  readonly data: string;
}

const textLine = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d: (.*)$/;

/** The messages of dcos-log's text. @throws Error for a line that does not begin with a time */
export function textMessages({ text }: RawExchange): string[] {
  return linesOf(text).map((line) => {
    const [, message] = textLine.exec(line) ?? [];
    if (message === undefined) throw new Error(`expected "YYYY-MM-DD HH:MM:SS: MESSAGE", found ${line}`);
    return message;
  });
}

export function jsonEntries({ text }: RawExchange): ReadEntry[] {
  return linesOf(text).map((line) => JSON.parse(line) as ReadEntry);
}

/** The events so far, complete ones only. @throws Error for a line that none of dcos-log's events has */
export function eventsOf({ text }: RawExchange): ReadEvent[] {
  const blocks = text.split('\n\n').slice(0, -1);
  return blocks.flatMap((block) => {
    if (block.startsWith(':')) return [];
    const [, id, data] = /^(?:id: (.+)\n)?data: (.+)$/.exec(block) ?? [];
    if (data === undefined) throw new Error(`expected one id line at most and one data line, found ${block}`);
    return [{ id, data }];
  });
}

export function entryOf({ data }: ReadEvent): ReadEntry {
  return JSON.parse(data) as ReadEntry;
}

export function eventMessages(exchange: RawExchange): (string | undefined)[] {
  return eventsOf(exchange).map((event) => entryOf(event).fields.MESSAGE);
}

function linesOf(text: string): string[] {
  if (text === '') return [];
  if (!text.endsWith('\n')) throw new Error(`expected a line end at the end, found ${text.slice(-40)}`);
  return text.slice(0, -1).split('\n');
}
