import { RenewedDispatcher, type TlsFiles, type TlsTexts } from '@clusterlog/shared/server';
import { Agent, buildConnector, type Dispatcher } from 'undici';
import { agentPaths } from './upstream-path.ts';

/** How long an agent may take, in milliseconds. */
export interface AgentTimeouts {
  /** To accept a connection. Default 5 s. */
  readonly connect?: number;
  /** To send the headers of an answer. Default 15 s. */
  readonly headers?: number;
  /** Between two parts of a range. Default 5 min. */
  readonly range?: number;
}

/**
 * The connections to node agents: certificates checked, as many as there are requests (a limit would make the next follower
 * wait in silence), and no limit on the silence of a follow. When the files change, requests get new connections; follows stay on
 * theirs.
 *
 * @param tls our certificate, and the CA that agents' certificates are checked by. Default: none, and those Node trusts
 */
export function createAgentDispatcher(tls?: TlsFiles, timeouts: AgentTimeouts = {}): Dispatcher {
  return new RenewedDispatcher(tls, (texts) => connections(texts, timeouts));
}

/**
 * Bytes that wait in a socket before it is read no further. What is read at once is more: while an answer is held up, the rest of
 * one read waits, and no second one. Undici's own 64 KiB would have a hundred merged agents keep two each.
 */
const highWaterMark = 16 * 1024;

function connections(tls: TlsTexts, timeouts: AgentTimeouts): Dispatcher {
  const timeout = timeouts.connect ?? 5_000;
  // Passed on to net.connect, which undici's types do not say.
  const options = { ...tls, timeout, rejectUnauthorized: true, highWaterMark };
  const connect = buildConnector(options);
  const agents = new Agent({
    // Left alone undici checks the certificate against the request's Host header, which the caller chooses.
    connect: (options, callback) => connect({ ...options, servername: '' }, callback),
    headersTimeout: timeouts.headers ?? 15_000,
    bodyTimeout: timeouts.range ?? 5 * 60_000,
    maxHeaderSize: 64 * 1024,
  });
  return agents.compose((dispatch) => (options, handler) => {
    return dispatch(isFollow(options.path) ? { ...options, bodyTimeout: 0 } : options, handler);
  });
}

function isFollow(path: string): boolean {
  return path.startsWith(agentPaths.stream);
}
