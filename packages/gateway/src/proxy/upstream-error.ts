import { CodedError } from '@clusterlog/shared';

const codes: ReadonlyMap<string, 'agent-timeout' | 'no-connection-left'> = new Map([
  ['UND_ERR_HEADERS_TIMEOUT', 'agent-timeout'],
  ['UND_ERR_CONNECT_TIMEOUT', 'agent-timeout'],
  ['ETIMEDOUT', 'agent-timeout'],
  ['EMFILE', 'no-connection-left'],
  ['ENFILE', 'no-connection-left'],
]);

/** What to tell a caller when an agent could not be asked. Addresses and certificates stand in the cause, for the log only. */
export function upstreamError(error: Error, agent: string): CodedError {
  const { code = '' } = (error.cause ?? error) as NodeJS.ErrnoException;
  return new CodedError(codes.get(code) ?? 'agent-unreachable', { agent }, { cause: error.cause ?? error });
}
