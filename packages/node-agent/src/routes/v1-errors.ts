import { CodedError } from '@clusterlog/shared';
import { JournalUnavailableError } from '../journal/source.ts';
import { QueryError, type QueryErrorCode } from '../read/query-error.ts';

const codes = {
  'filter-malformed': 'bad-filter',
  'filter-field-illegal': 'bad-filter',
  'cursor-malformed': 'bad-cursor',
  'limit-malformed': 'bad-parameter',
  'limit-on-stream': 'bad-parameter',
  'skip-malformed': 'bad-parameter',
  'read-reverse-malformed': 'bad-parameter',
  'read-reverse-on-stream': 'bad-parameter',
  'field-not-allowed': 'bad-field',
  'range-malformed': 'bad-parameter',
  'argument-malformed': 'bad-parameter',
  'cursor-missing': 'bad-cursor',
  'field-illegal': 'bad-parameter',
  'parameter-malformed': 'bad-parameter',
} as const satisfies Record<QueryErrorCode, string>;

/** What reading found wrong, as an error that callers know; everything else is handed on as it is. */
export function readingError(error: unknown): unknown {
  if (error instanceof QueryError)
    return new CodedError(codes[error.code], { problem: error.message }, { cause: error });
  if (error instanceof JournalUnavailableError) {
    return new CodedError('journal-unavailable', { problem: error.message }, { cause: error });
  }
  return error;
}
