import { type Cursor, parseCursor } from '@clusterlog/shared';
import { parseInteger } from './go-parameters.ts';
import { firstOf, type Parameter, unescapedCursor } from './parameters.ts';
import { QueryError } from './query-error.ts';
import { v2Words } from './wording.ts';

/** The query parameters of a file of a task. Of repeated ones the first counts. */
export interface V2FileParameters {
  readonly cursor?: Parameter;
  readonly skip?: Parameter;
  readonly limit?: Parameter;
}

/** Where reading begins, before `skip`: a byte offset, the end, or after an entry of the journal. */
export type V2FileOrigin = number | 'end' | Cursor;

/** A request for a file of a task, understood. */
export interface V2FilePlan {
  readonly origin: V2FileOrigin;
  /** Whether the origin is the id of the last event that the caller has seen. */
  readonly resumed: boolean;
  /** Lines: above 0, so many more are left out; below, reading begins so many earlier. */
  readonly skip: number;
  /** Lines at most; Infinity when there is no limit. */
  readonly limit: number;
}

/**
 * Reads the parameters of `/v2/task/…/{file}`, in dcos-log's order of validation. A journal cursor, which dcos-log does not know,
 * stands where a byte offset can: output that is in the journal has such positions.
 *
 * @param lastEventId the header; it replaces all parameters, `limit` too
 * @throws QueryError for the first parameter that is wrong
 */
export function planV2File(parameters: V2FileParameters, lastEventId = ''): V2FilePlan {
  const cursor = unescapedCursor(firstOf(parameters.cursor), v2Words);
  const origin = originOf(cursor, 'cursor parameter');
  const limit = lines(firstOf(parameters.limit), 'limit');
  const skip = lines(firstOf(parameters.skip), 'skip');
  if (lastEventId !== '') {
    const last = originOf(lastEventId, 'Last-Event-ID header');
    return { origin: last, resumed: last !== 'end', skip: 0, limit: Number.POSITIVE_INFINITY };
  }
  return { origin, resumed: false, skip, limit: limit > 0 ? limit : Number.POSITIVE_INFINITY };
}

function originOf(text: string, where: string): V2FileOrigin {
  if (text === '' || text === 'BEG') return 0;
  if (text === 'END') return 'end';
  const entry = parseCursor(text);
  if (entry !== undefined) return entry;
  const offset = parseInteger(text);
  if (typeof offset === 'string')
    throw new QueryError('cursor-malformed', `unable to parse ${where}. ${text} not an integer`);
  if (offset < 0) {
    throw new QueryError(
      'cursor-malformed',
      `unable to initialize files API reader: invalid offset ${offset}. Must be zero or positive integer`,
    );
  }
  return offset;
}

function lines(text: string, name: 'skip' | 'limit'): number {
  if (text === '') return 0;
  const count = parseInteger(text);
  if (typeof count === 'string') {
    throw new QueryError(`${name}-malformed`, `unable to parse ${name} parameter. ${text} not an integer`);
  }
  return count;
}
