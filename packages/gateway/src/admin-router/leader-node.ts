import { hostname, networkInterfaces } from 'node:os';
import { CodedError } from '@clusterlog/shared';
import type { ClusterIndex } from '../mesos/cluster-index.ts';
import { type AgentAddressing, agentOrigin } from '../routes/agent-origin.ts';
import type { AgentAddress } from '../routes/resolve.ts';
import type { MarathonLeader } from './marathon-leader.ts';

export interface LeaderOptions {
  readonly index: Pick<ClusterIndex, 'agents' | 'status'>;
  /** The agent of the gateway's own node. */
  readonly localAgent: AgentAddress | undefined;
  readonly addressing: AgentAddressing;
  /** Who leads the Marathons; undefined without `--marathon`. */
  readonly marathon: Pick<MarathonLeader, 'leadership'> | undefined;
  /** The id that the node agents of masters answer to, where no Mesos agent runs beside them. */
  readonly masterAgentId: string;
}

/** The node agent of a leader's node. */
export interface LeaderNode {
  readonly agent: AgentAddress;
  /** It is another node than the gateway's own. */
  readonly elsewhere: boolean;
}

/**
 * The node of the leading Mesos master; while none leads, of the one that led last: what it wrote in the end is what one
 * wants to read then.
 *
 * @throws CodedError 503 when no master was ever reached
 */
export function mesosLeaderNode(options: LeaderOptions): LeaderNode {
  const leader = leadingMaster(options.index);
  return nodeOf(leader.hostname.replace(/^\[|\]$/g, ''), options);
}

/** URL of the master that leads, or led last. @throws CodedError 503 when none was ever reached */
export function leadingMaster(index: Pick<ClusterIndex, 'status'>): URL {
  const status = index.status();
  if (status.state === 'never-reached') throw new CodedError('mesos-never-reached', {});
  return new URL(status.leader);
}

/**
 * The node of the leading Marathon.
 *
 * @throws CodedError 503 when it is not known
 */
export function marathonLeaderNode(options: LeaderOptions): LeaderNode {
  const { marathon } = options;
  if (marathon === undefined) throw new CodedError('no-marathon', {});
  const { leadership } = marathon;
  if (leadership.state === 'never-reached') throw new CodedError('marathon-never-reached', {});
  if (leadership.state === 'no-leader') throw new CodedError('no-marathon-leader', {});
  return nodeOf(leadership.host, options);
}

function nodeOf(host: string, { index, localAgent, addressing, masterAgentId }: LeaderOptions): LeaderNode {
  const override = addressing.overrides.get(host);
  if (override !== undefined) return { agent: { id: masterAgentId, origin: override }, elsewhere: true };
  if (localAgent !== undefined && isOwn(host)) return { agent: localAgent, elsewhere: false };
  for (const agent of index.agents()) {
    if (agent.host === host)
      return { agent: { id: agent.id, origin: agentOrigin(agent, addressing) }, elsewhere: true };
  }
  return {
    agent: { id: masterAgentId, origin: agentOrigin({ id: masterAgentId, host }, addressing) },
    elsewhere: true,
  };
}

/** Whether an address or name is this machine's. */
function isOwn(host: string): boolean {
  if (host === 'localhost' || host === hostname() || host.startsWith('127.')) return true;
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === host));
}
