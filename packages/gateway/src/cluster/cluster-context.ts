import type { FastifyRequest } from 'fastify';
import type { Dispatcher } from 'undici';
import type { ClusterIndex } from '../mesos/cluster-index.ts';
import type { SigningKey } from '../proxy/signing-key.ts';
import { AgentCalls } from './agent-calls.ts';
import type { AgentClocks } from './agent-clocks.ts';
import type { ClusterScopeOptions } from './cluster-scope.ts';
import type { ContainerTasks } from './entry-source.ts';
import type { FollowLifetime } from './follow-lifetime.ts';
import type { MergePlaces } from './merge-places.ts';

/** What the cluster-wide routes share. */
export interface ClusterContext {
  readonly scope: ClusterScopeOptions & { readonly index: ClusterIndex };
  readonly dispatcher: Dispatcher;
  readonly signingKey: SigningKey;
  readonly containers: ContainerTasks;
  readonly places: MergePlaces;
  readonly lifetime: FollowLifetime;
  readonly clocks: AgentClocks;
  readonly mergeOptions: {
    readonly index: ClusterIndex;
    readonly clocks: AgentClocks;
    /** How long an entry is held back for an agent that is behind, in ms. */
    readonly holdBack: number;
  };
}

export function agentCalls({ dispatcher, signingKey }: ClusterContext, request: FastifyRequest): AgentCalls {
  return new AgentCalls(dispatcher, signingKey, request);
}
