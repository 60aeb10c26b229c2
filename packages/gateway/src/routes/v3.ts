import {
  ClusterBootsQuery,
  ClusterContextQuery,
  ClusterEntriesQuery,
  ClusterFieldQuery,
  ClusterFollowQuery,
  ClusterHistogramQuery,
  ClusterScopeParameters,
  CodedError,
  NodeScopeParameters,
} from '@clusterlog/shared';
import { type Metrics, Places } from '@clusterlog/shared/server';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { Type } from 'typebox';
import { AgentClocks } from '../cluster/agent-clocks.ts';
import type { ClusterContext } from '../cluster/cluster-context.ts';
import { ContainerTasks } from '../cluster/entry-source.ts';
import { FollowLifetime } from '../cluster/follow-lifetime.ts';
import { answerContext } from './v3-context.ts';
import { answerBoots, answerComponents, answerField, answerHistogram } from './v3-counts.ts';
import { answerEntries } from './v3-entries.ts';
import { answerFollow } from './v3-follow.ts';
import { answerAgents, answerTasks } from './v3-lists.ts';
import {
  AgentsResponse,
  BootsResponse,
  ComponentsResponse,
  EntriesResponse,
  FieldParams,
  FieldResponse,
  HistogramResponse,
  NoHeaders,
  NoParams,
  TasksResponse,
  V3Headers,
} from './v3-schemas.ts';

/** How much is put together from many nodes. */
export interface MergeLimits {
  /** How long an entry is held back for an agent that is behind, in ms. */
  readonly holdBack: number;
  /** Answers at once. */
  readonly merges: number;
  readonly mergesPerCaller: number;
}

export const usualMergeLimits: MergeLimits = { holdBack: 250, merges: 200, mergesPerCaller: 50 };

export interface ClusterRoutesOptions
  extends Omit<
    ClusterContext,
    'containers' | 'places' | 'sent' | 'onNews' | 'onRefused' | 'lifetime' | 'clocks' | 'mergeOptions'
  > {
  readonly limits: MergeLimits;
  /** Greatest age of a follow, in seconds. */
  readonly maxFollowAge: number;
  readonly metrics: Metrics;
}

const prefix = '/system/v1/logs/v3';
const config = { face: 'problem' } as const;
const TasksQuery = Type.Object(
  {
    ...ClusterScopeParameters,
    framework: NodeScopeParameters.framework,
    container: NodeScopeParameters.container,
    task: NodeScopeParameters.task,
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 100_000, description: 'At most so many, running ones first.' }),
    ),
  },
  { additionalProperties: false },
);

/** API v3 over the whole cluster (docs/api.md): the logs of all nodes as one. */
export const clusterRoutes = fastifyPlugin<ClusterRoutesOptions>(
  async (app: FastifyInstance, options) => {
    const context = contextOf(options);
    app.addHook('preClose', async () => context.lifetime.stopAll());

    const entries = { params: NoParams, headers: V3Headers, response: EntriesResponse };
    app.get(
      `${prefix}/entries`,
      { config, schema: { ...entries, querystring: ClusterEntriesQuery } },
      (request, reply) => answerEntries(context, request, reply),
    );
    app.get(
      `${prefix}/follow`,
      { config: { ...config, endless: true }, schema: { ...entries, querystring: ClusterFollowQuery } },
      (request, reply) => answerFollow(context, request, reply),
    );
    app.get(
      `${prefix}/context`,
      { config, schema: { ...entries, querystring: ClusterContextQuery } },
      (request, reply) => answerContext(context, request, reply),
    );

    const plain = { params: NoParams, headers: NoHeaders };
    app.get(
      `${prefix}/fields/:field`,
      { config, schema: { ...plain, params: FieldParams, querystring: ClusterFieldQuery, response: FieldResponse } },
      (request, reply) => answerField(context, request, reply, (request.params as { field: string }).field),
    );
    app.get(
      `${prefix}/histogram`,
      { config, schema: { ...plain, querystring: ClusterHistogramQuery, response: HistogramResponse } },
      (request, reply) => answerHistogram(context, request, reply),
    );
    app.get(
      `${prefix}/components`,
      { config, schema: { ...plain, querystring: ClusterFieldQuery, response: ComponentsResponse } },
      (request, reply) => answerComponents(context, request, reply),
    );
    app.get(
      `${prefix}/boots`,
      { config, schema: { ...plain, querystring: ClusterBootsQuery, response: BootsResponse } },
      (request, reply) => answerBoots(context, request, reply),
    );
    app.get(
      `${prefix}/tasks`,
      { config, schema: { ...plain, querystring: TasksQuery, response: TasksResponse } },
      async (request) => answerTasks(context, request),
    );
    app.get(
      `${prefix}/agents`,
      { config, schema: { ...plain, querystring: Type.Object({}), response: AgentsResponse } },
      async (request) => answerAgents(context, request),
    );
  },
  { name: 'cluster-routes', fastify: '5.x', dependencies: ['authenticate'] },
);

function contextOf({ limits, maxFollowAge, metrics, ...rest }: ClusterRoutesOptions): ClusterContext {
  const { holdBack, merges, mergesPerCaller } = limits;
  const { index, policy } = rest.scope;
  const clocks = new AgentClocks();
  const places = new Places({
    all: merges,
    perCaller: mergesPerCaller,
    whenFull: () => new CodedError('too-many-merges', {}),
    whenCallerHasAll: (limit) => new CodedError('too-many-merges-of-caller', { limit }),
  });
  const sent = { entries: 0, gaps: 0 };
  const lifetime = new FollowLifetime({ greatestAge: maxFollowAge, policyVersion: () => policy.version });
  metrics.total('clusterlog_entries_sent_total', 'Journal entries sent in merged answers.', () => sent.entries);
  metrics.total('clusterlog_gaps_total', 'Gaps that merged answers told of.', () => sent.gaps);
  metrics.gauge('clusterlog_greatest_merges', 'Answers that may be put together at once: --merges.', () => merges);
  metrics.gauge('clusterlog_open_merges', 'Answers being put together from many nodes.', () => places.taken);
  metrics.gauge('clusterlog_open_merged_follows', 'Merged follows open now.', () => lifetime.count);
  metrics.gauge('clusterlog_agents_clock_beyond', 'Agents whose clocks are off by more than merges wait.', () =>
    clocks.beyond(holdBack),
  );
  return {
    ...rest,
    containers: new ContainerTasks(index),
    places,
    sent,
    onNews: (realtime) => metrics.followed(realtime),
    onRefused: (code) => metrics.errors.inc({ code }),
    lifetime,
    clocks,
    mergeOptions: { index, clocks, holdBack },
  };
}
