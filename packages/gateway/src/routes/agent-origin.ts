import type { MesosAgent } from '../mesos/model.ts';

/** How node agents are reached; the port is ours alone to set, whatever Mesos says. */
export interface AgentAddressing {
  readonly scheme: 'http' | 'https';
  readonly port: number;
  /** Origins of agents that are elsewhere, by agent id. */
  readonly overrides: ReadonlyMap<string, string>;
}

/** The origin of the node agent beside a Mesos agent: at the address in the latter's `pid`, unless overridden. */
export function agentOrigin(
  { id, host }: Pick<MesosAgent, 'id' | 'host'>,
  { scheme, port, overrides }: AgentAddressing,
): string {
  return overrides.get(id) ?? `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
