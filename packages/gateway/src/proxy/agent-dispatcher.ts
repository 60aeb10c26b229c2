import { Agent, buildConnector, type Dispatcher } from 'undici';
import { agentPaths } from './upstream-path.ts';

export interface AgentTls {
  /** PEM of the CA that agents' certificates are checked by; without it, the system's. */
  readonly ca?: string;
  /** PEM of the certificate and key shown to agents. */
  readonly cert?: string;
  readonly key?: string;
}

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
 * wait in silence), and no limit on the silence of a follow.
 */
export function createAgentDispatcher(tls: AgentTls, timeouts: AgentTimeouts = {}): Dispatcher {
  const connect = buildConnector({ ...tls, timeout: timeouts.connect ?? 5_000, rejectUnauthorized: true });
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
