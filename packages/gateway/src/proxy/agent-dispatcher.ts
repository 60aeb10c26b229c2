import { Agent, buildConnector, type Dispatcher } from 'undici';
import { agentPaths } from './upstream-path.ts';

export interface AgentTls {
  /** PEM of the CA that agents' certificates are checked by; without it, the system's. */
  readonly ca?: string;
  /** PEM of the certificate and key shown to agents. */
  readonly cert?: string;
  readonly key?: string;
}

/** Longest an agent may take to connect, to send headers, and between two parts of a range, in milliseconds. */
const connectTimeout = 5_000;
const headersTimeout = 15_000;
const rangeTimeout = 5 * 60_000;

/**
 * The connections to node agents: certificates checked, as many as there are requests (a limit would make the next follower
 * wait in silence), and no limit on the silence of a follow.
 */
export function createAgentDispatcher(tls: AgentTls): Dispatcher {
  const connect = buildConnector({ ...tls, timeout: connectTimeout, rejectUnauthorized: true });
  const agents = new Agent({
    // undici checks the certificate against the request's Host header, which is the caller's: against the agent's own name then.
    connect: (options, callback) => connect({ ...options, servername: '' }, callback),
    headersTimeout,
    bodyTimeout: rangeTimeout,
    maxHeaderSize: 64 * 1024,
  });
  return agents.compose((dispatch) => (options, handler) => {
    return dispatch(isFollow(options.path) ? { ...options, bodyTimeout: 0 } : options, handler);
  });
}

function isFollow(path: string): boolean {
  return path.startsWith(agentPaths.stream);
}
