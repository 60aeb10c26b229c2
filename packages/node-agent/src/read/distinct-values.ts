import type { Scope } from '@clusterlog/shared';
import { appendEscaped } from '../encode/go-escape.ts';
import { OutputBuffer } from '../encode/output-buffer.ts';
import { type Match, nothing } from '../journal/match.ts';
import type { JournalSource } from '../journal/source.ts';
import { ByteStream } from './byte-stream.ts';
import { QueryError } from './query-error.ts';
import { scopeMatch, withheldFields } from './scope-match.ts';

/** The fields whose values `/v1/fields/{field}` tells, as dcos-log has it. */
export const v1Fields: readonly string[] = ['FRAMEWORK_ID', 'AGENT_ID', 'EXECUTOR_ID', 'CONTAINER_ID', 'STREAM'];

export interface DistinctValuesPlan {
  readonly field: string;
  readonly match: Match;
}

/**
 * What `/v1/fields/{field}` asks for, within the scope; a withheld field has no values.
 *
 * @throws QueryError `field-not-allowed` for a field that is not one of {@link v1Fields}, case-sensitive
 */
export function planV1Field(field: string, scope: Scope): DistinctValuesPlan {
  if (!v1Fields.includes(field)) throw new QueryError('field-not-allowed', `${field} is not an allowed field`);
  return { field, match: withheldFields(scope).has(field) ? nothing : scopeMatch(scope) };
}

/** The values as a JSON array of strings without a newline; no chunk at all when there are none. */
export function distinctValues(source: JournalSource, plan: DistinctValuesPlan, signal?: AbortSignal): ByteStream {
  return new ByteStream(
    (ended) => valueChunks(source, plan, ended),
    () => {},
    signal,
  );
}

async function* valueChunks(
  source: JournalSource,
  plan: DistinctValuesPlan,
  signal: AbortSignal,
): AsyncGenerator<Buffer, undefined, undefined> {
  const output = new OutputBuffer();
  let values = 0;
  for await (const value of source.distinctValues(plan.field, plan.match, signal)) {
    output.append(values === 0 ? arrayStart : separator);
    appendEscaped(output, value, 0, value.length);
    values++;
    const chunk = output.isFull ? output.take() : undefined;
    if (chunk !== undefined) yield chunk;
  }
  if (values > 0) output.append(arrayEnd);
  const chunk = output.take();
  if (chunk !== undefined) yield chunk;
}

const arrayStart = Buffer.from('["');
const separator = Buffer.from('","');
const arrayEnd = Buffer.from('"]');
