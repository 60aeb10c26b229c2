import type { ErrorCode } from '@clusterlog/shared';
import type { Places } from '@clusterlog/shared/server';
import type { FastifyRequest } from 'fastify';
import type { Dispatcher } from 'undici';
import type { ClusterIndex } from '../mesos/cluster-index.ts';
import type { GatewayTokens } from '../proxy/gateway-tokens.ts';
import { AgentCalls } from './agent-calls.ts';
import type { AgentClocks } from './agent-clocks.ts';
import type { ClusterScopeOptions } from './cluster-scope.ts';
import type { ContainerTasks } from './entry-source.ts';
import type { FollowLifetime } from './follow-lifetime.ts';

/** What was sent in merged answers since the start. */
export interface Sent {
  entries: number;
  gaps: number;
}

/** What the cluster-wide routes share. */
export interface ClusterContext {
  readonly scope: ClusterScopeOptions & { readonly index: ClusterIndex };
  readonly dispatcher: Dispatcher;
  readonly tokens: GatewayTokens;
  readonly containers: ContainerTasks;
  readonly places: Places;
  /** Counts what merged answers consist of; plain numbers because they move with every entry. */
  readonly sent: Sent;
  /** Told of each piece of a follow that is sent: when its first entry was received, µs since 1970 by the gateway's clock. */
  readonly onNews: (realtime: number) => void;
  /** Told why an agent has refused this gateway: merged answers go on without it, so that no error is answered. */
  readonly onRefused: (code: ErrorCode) => void;
  readonly lifetime: FollowLifetime;
  readonly clocks: AgentClocks;
  readonly mergeOptions: {
    readonly index: ClusterIndex;
    readonly clocks: AgentClocks;
    /** How long an entry is held back for an agent that is behind, in ms. */
    readonly holdBack: number;
  };
}

export function agentCalls(context: ClusterContext, request: FastifyRequest): AgentCalls {
  return new AgentCalls(context, request);
}
