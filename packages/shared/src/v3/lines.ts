import type { Problem } from '../problem.ts';

/**
 * The line stream, spoken between agent and gateway only. A line an item, ended by a line feed, valid UTF-8, fields
 * separated by single blanks at fixed places, the payload being the rest of the line:
 *
 *     E <realtime> <position> <origin> <payload>   an entry; its position resumes after it
 *     W <realtime> <position|->                    a watermark: all of this agent's entries at or before realtime were sent;
 *                                                  of a range: those before it (newest first: after it)
 *     G <realtime|-> <json>                        entries may be missing here
 *     X <position|-> <json>                        the complete end; a stream that stops without it was cut
 *     ! <json>                                     an error after the headers: the object of a problem response
 *
 * Realtimes are {@link realtimeDigits} decimal digits, µs since 1970. Positions are journald cursors. An origin is `-`, or
 * framework, executor, container and stream, each percent-encoded and maybe empty, joined with slashes.
 *
 * The payload is, as the parameter `payload` says,
 * - `ndjson`: the entry's JSON object without `cursor` and `source`, beginning with `{"fields":`;
 * - `text`: {@link textParts} separated by {@link textSeparator}, with {@link lineBreak} for the line breaks of a message;
 * - `export`, and `text` with `raw=true`: base64 of the bytes (of the text payload with the message's bytes as they are; of
 *   the entry in export format with the empty line that ends it).
 */
export type Line = EntryLine | WatermarkLine | GapLine | EndLine | ErrorLine;

export interface EntryLine {
  readonly kind: 'entry';
  /** µs since 1970. */
  readonly realtime: number;
  readonly position: string;
  /** As it stands: {@link parseOrigin} reads it. */
  readonly origin: string;
  readonly payload: string;
}

export interface WatermarkLine {
  readonly kind: 'watermark';
  readonly realtime: number;
  /** Where to resume; undefined when the agent cannot tell. */
  readonly position: string | undefined;
}

export interface GapLine {
  readonly kind: 'gap';
  readonly realtime: number | undefined;
  readonly gap: LineGap;
}

/** The JSON of a G line: a gap event without `event` and `agent`. */
export interface LineGap {
  readonly reason: string;
  readonly from?: number;
  readonly to?: number;
  readonly possible?: boolean;
}

export interface EndLine {
  readonly kind: 'end';
  readonly position: string | undefined;
  readonly reason: string;
}

export interface ErrorLine {
  readonly kind: 'error';
  readonly problem: Problem;
}

/** Where an entry comes from, as far as the journal says. */
export interface Origin {
  readonly framework?: string;
  readonly executor?: string;
  readonly container?: string;
  readonly stream?: string;
}

/** Digits of a realtime: zeros stand before it. */
export const realtimeDigits = 16;
/** What an entry's line begins with. */
export const entryMark = 'E ';
/** Where in an entry's line its realtime stands, and its position; both end at a blank. */
export const realtimeStart = entryMark.length;
export const positionStart = realtimeStart + realtimeDigits + 1;
/** Longest line a reader takes, in characters. */
export const maximumLineLength = 64 * 1024 * 1024;
/** Between the parts of a text payload. */
export const textSeparator = '\x1f';
/**
 * The parts of a text payload: time (RFC 3339, UTC, six digits), label (executor id, or identifier), and the rest of the
 * line, `[pid]: message`, or the message alone with `output=cat`.
 */
export const textParts = ['time', 'label', 'rest'] as const;
/** Stands for a line break within a message. Control characters are written as \xNN, so that nothing else is this. */
export const lineBreak = '\x0b';
/** Before each further line of a message, where it is shown as text. */
export const continuationIndent = '    ';
/** What a watermark keeps back of the clock, for journald's own delay, in µs. */
export const watermarkDelay = 20_000;

/** A line that is none of the line stream's. */
export class LineFormatError extends Error {
  override readonly name = 'LineFormatError';
}

const kindEnd = 1;
const realtimeEnd = realtimeStart + realtimeDigits;

/**
 * Reads one line, without its line feed. Payloads are not looked at.
 *
 * @throws LineFormatError
 */
export function parseLine(line: string): Line {
  if (line.charCodeAt(kindEnd) !== 0x20) throw malformed(line);
  switch (line.charCodeAt(0)) {
    case 0x45: {
      const positionEnd = line.indexOf(' ', realtimeEnd + 1);
      const originEnd = line.indexOf(' ', positionEnd + 1);
      if (positionEnd === -1 || originEnd === -1) throw malformed(line);
      return {
        kind: 'entry',
        realtime: realtimeOf(line),
        position: line.slice(realtimeEnd + 1, positionEnd),
        origin: line.slice(positionEnd + 1, originEnd),
        payload: line.slice(originEnd + 1),
      };
    }
    case 0x57:
      return { kind: 'watermark', realtime: realtimeOf(line), position: known(line.slice(realtimeEnd + 1)) };
    case 0x47: {
      const gap = jsonOf(line, line.indexOf(' ', realtimeStart) + 1) as unknown as LineGap;
      return { kind: 'gap', realtime: line.startsWith('- ', realtimeStart) ? undefined : realtimeOf(line), gap };
    }
    case 0x58: {
      const positionEnd = line.indexOf(' ', realtimeStart);
      const { reason } = jsonOf(line, positionEnd + 1) as { reason?: unknown };
      return { kind: 'end', position: known(line.slice(realtimeStart, positionEnd)), reason: String(reason) };
    }
    case 0x21:
      return { kind: 'error', problem: jsonOf(line, realtimeStart) as unknown as Problem };
    default:
      throw malformed(line);
  }
}

/** Reads an origin; without any part for `-`. */
export function parseOrigin(text: string): Origin {
  if (text === '-') return {};
  const [framework = '', executor = '', container = '', stream = ''] = text.split('/').map(decoded);
  return {
    ...(framework === '' ? {} : { framework }),
    ...(executor === '' ? {} : { executor }),
    ...(container === '' ? {} : { container }),
    ...(stream === '' ? {} : { stream }),
  };
}

/** A realtime as it stands in a line. */
export function realtimeText(microseconds: number): string {
  return String(microseconds).padStart(realtimeDigits, '0');
}

function realtimeOf(line: string): number {
  const separator = line.charCodeAt(realtimeEnd);
  const realtime = Number(line.slice(realtimeStart, realtimeEnd));
  if (separator !== 0x20 || !Number.isSafeInteger(realtime)) throw malformed(line);
  return realtime;
}

function known(position: string): string | undefined {
  return position === '-' || position === '' ? undefined : position;
}

function jsonOf(line: string, start: number): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line.slice(start));
  } catch {
    throw malformed(line);
  }
  if (typeof value !== 'object' || value === null) throw malformed(line);
  return value as Record<string, unknown>;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // The journal's bytes were no UTF-8: they stay as they are written.
    return part;
  }
}

function malformed(line: string): LineFormatError {
  return new LineFormatError(`expected a line E, W, G, X or !, found ${JSON.stringify(line.slice(0, 80))}`);
}
