import { CodedError } from '@clusterlog/shared';

const tooLate: ReadonlySet<string> = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT']);

/** What to tell a caller when an agent could not be asked. Addresses and certificates stand in the cause, for the log only. */
export function upstreamError(error: Error, agent: string): CodedError {
  const { code = '' } = (error.cause ?? error) as NodeJS.ErrnoException;
  return new CodedError(
    tooLate.has(code) ? 'agent-timeout' : 'agent-unreachable',
    { agent },
    { cause: error.cause ?? error },
  );
}
