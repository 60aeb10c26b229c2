import { mediaTypes } from '@clusterlog/shared';
import type { EncoderOptions, EntryEncoder } from './encoder.ts';
import { ExportEncoder } from './export-encoder.ts';
import { ShortEncoder } from './short-encoder.ts';
import { SystemdJsonEncoder } from './systemd-json-encoder.ts';

/** systemd-journal-gatewayd's choice of a format: the Accept header as a whole; anything it does not know is text. */
export function gatewaydEncoder(accept: string | undefined, options: EncoderOptions): EntryEncoder {
  switch (accept) {
    case mediaTypes.json:
      return new SystemdJsonEncoder('lines', options);
    case mediaTypes.eventStream:
      return new SystemdJsonEncoder('events', options);
    case mediaTypes.jsonSequence:
      return new SystemdJsonEncoder('sequence', options);
    case mediaTypes.journalExport:
      return new ExportEncoder(options);
    default:
      return new ShortEncoder(options);
  }
}
