import { isFieldName } from '@clusterlog/shared';
import { gatewaydValueLine } from '../encode/gatewayd-value-line.ts';
import { OutputBuffer } from '../encode/output-buffer.ts';
import { everything } from '../journal/match.ts';
import type { JournalSource } from '../journal/source.ts';
import { ByteStream } from './byte-stream.ts';
import { isMatchableField } from './gatewayd-arguments.ts';
import { QueryError } from './query-error.ts';

/**
 * The distinct values of a field, one a line, as gatewayd's `/fields/{field}` has them.
 *
 * @throws QueryError `field-illegal` for a name no field can have
 */
export function gatewaydValues(
  journal: JournalSource,
  field: string,
  format: 'text' | 'json',
  signal: AbortSignal,
): ByteStream {
  if (!isMatchableField(field)) throw new QueryError('field-illegal', 'Failed to query unique fields.');
  return new ByteStream(
    (ended) => valueLines(journal, field, format, ended),
    () => {},
    signal,
  );
}

async function* valueLines(
  journal: JournalSource,
  field: string,
  format: 'text' | 'json',
  signal: AbortSignal,
): AsyncGenerator<Buffer, undefined, undefined> {
  // What no entry can have has no values.
  if (!isFieldName(field)) return undefined;
  const output = new OutputBuffer();
  for await (const value of journal.distinctValues(field, everything, signal)) {
    output.append(gatewaydValueLine(field, value, format));
    const chunk = output.isFull ? output.take() : undefined;
    if (chunk !== undefined) yield chunk;
  }
  const rest = output.take();
  if (rest !== undefined) yield rest;
}
