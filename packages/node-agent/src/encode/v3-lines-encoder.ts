import { realtimeDigits, realtimeText, v3MediaTypes } from '@clusterlog/shared';
import type { Entry } from '../journal/entry.ts';
import { longestDecimal, writeDecimal } from './digits.ts';
import { EntryFields } from './entry-fields.ts';
import { EntryPosition } from './entry-position.ts';
import { OutputBuffer } from './output-buffer.ts';
import type { Notice, V3Encoder, V3EncoderOptions } from './v3-encoder.ts';
import { V3EntryEnd } from './v3-entry-end.ts';
import { V3ExportEncoder } from './v3-export-encoder.ts';
import { v3JsonFields } from './v3-json-fields.ts';
import { v3OriginFields, v3TextFields } from './v3-text-fields.ts';
import { V3Time } from './v3-time.ts';

const entryKind = Buffer.from('E ');
const blank = Buffer.from(' ');
const zeros = Buffer.alloc(realtimeDigits, 0x30);
const lineFeed = Buffer.from('\n');

/** Writes origin and payload of an entry, to the end of the line; false, maybe with something written, for nothing to show. */
type LineEnd = (entry: Entry, output: OutputBuffer) => boolean;

/** The line stream that the gateway merges (shared/v3/lines.ts): sort key, position and origin before each payload. */
export class V3LinesEncoder implements V3Encoder {
  readonly contentType = v3MediaTypes.lines;
  readonly ping = undefined;
  readonly #position = new EntryPosition();
  readonly #appendEnd: LineEnd;

  constructor(options: V3EncoderOptions) {
    this.#appendEnd = lineEndOf(options);
  }

  encode(entry: Entry, output: OutputBuffer): boolean {
    const start = output.length;
    output.append(entryKind);
    appendRealtime(entry.realtime, output);
    output.append(blank);
    this.#position.appendCursor(entry, output);
    output.append(blank);
    if (this.#appendEnd(entry, output)) return true;
    output.length = start;
    return false;
  }

  notice(notice: Notice): Buffer | undefined {
    switch (notice.event) {
      case 'watermark':
        return Buffer.from(`W ${realtimeText(notice.realtime)} ${notice.cursor ?? '-'}\n`);
      case 'gap': {
        const { event, agent, ...facts } = notice;
        const at = facts.from === undefined ? '-' : realtimeText(facts.from);
        return Buffer.from(`G ${at} ${JSON.stringify(facts)}\n`);
      }
      case 'end':
        return Buffer.from(`X ${notice.cursor ?? '-'} ${JSON.stringify({ reason: notice.reason })}\n`);
      case 'error': {
        const { event, ...problem } = notice;
        return Buffer.from(`! ${JSON.stringify(problem)}\n`);
      }
      default:
        return undefined;
    }
  }
}

function lineEndOf(options: V3EncoderOptions): LineEnd {
  const { payload, output: kind, raw } = options;
  if (payload === 'ndjson') {
    const fields = new EntryFields(v3JsonFields('origin', options.shown), options);
    const end = new V3EntryEnd();
    return (entry, output) => {
      fields.append(entry, output);
      end.append(entry, output);
      return true;
    };
  }
  const origin = new EntryFields(v3OriginFields, options);
  const appendPayload = payload === 'export' ? exportPayload(options) : textPayload(options, kind, raw);
  if (payload === 'text' && !raw) {
    return (entry, output) => {
      origin.append(entry, output);
      output.append(blank);
      return appendPayload(entry, output);
    };
  }
  return (entry, output) => {
    origin.append(entry, output);
    output.append(blank);
    const scratch = new OutputBuffer();
    if (!appendPayload(entry, scratch)) return false;
    // The line feed that ends text is the line's own.
    const length = payload === 'text' ? scratch.length - 1 : scratch.length;
    output.append(Buffer.from(scratch.bytes.toString('base64', 0, length), 'latin1'));
    output.append(lineFeed);
    scratch.clear();
    return true;
  };
}

function exportPayload(options: V3EncoderOptions): LineEnd {
  const encoder = new V3ExportEncoder(options, false);
  return (entry, output) => encoder.encode(entry, output);
}

function textPayload(options: V3EncoderOptions, output: 'cat' | undefined, raw: boolean): LineEnd {
  const fields = new EntryFields(v3TextFields({ as: 'parts', output, raw }), options);
  const time = new V3Time();
  return (entry, target) => {
    time.append(entry.realtime, target);
    const before = target.length;
    fields.append(entry, target);
    return target.length > before;
  };
}

/** A forged time of more digits counts as the last that is exact. */
function appendRealtime(realtime: number, output: OutputBuffer): void {
  const start = output.reserve(longestDecimal);
  const { bytes } = output;
  const written = writeDecimal(bytes, start, Math.min(realtime, Number.MAX_SAFE_INTEGER)) - start;
  if (written < realtimeDigits) {
    bytes.copyWithin(start + realtimeDigits - written, start, start + written);
    bytes.set(zeros.subarray(written), start);
  }
  output.length = start + realtimeDigits;
}
