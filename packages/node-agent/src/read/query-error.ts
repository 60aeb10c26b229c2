/** What was wrong with a query; the HTTP layer turns it into a status and a body of the right face. */
export type QueryErrorCode =
  | 'filter-malformed'
  | 'filter-field-illegal'
  | 'cursor-malformed'
  | 'limit-malformed'
  | 'limit-on-stream'
  | 'skip-malformed'
  | 'read-reverse-malformed'
  | 'read-reverse-on-stream'
  | 'field-not-allowed'
  | 'range-malformed'
  | 'argument-malformed'
  | 'cursor-missing'
  | 'field-illegal'
  | 'parameter-malformed';

/** The caller's mistake. The message is the wording of dcos-log, or gatewayd, where it has one. */
export class QueryError extends Error {
  override readonly name = 'QueryError';
  readonly code: QueryErrorCode;

  constructor(code: QueryErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
