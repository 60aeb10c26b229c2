import {
  CodedError,
  defaultBudget,
  defaultLimit,
  maximumLimit,
  parseDuration,
  TimeFormatError,
} from '@clusterlog/shared';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { agentFilters, type Period, periodOf } from '../cluster/agent-query.ts';
import { agentCalls, type ClusterContext } from '../cluster/cluster-context.ts';
import { ClusterScope, type LaneTarget, type ScopeQuery } from '../cluster/cluster-scope.ts';
import { bootsAnswer, fieldAnswer, histogramAnswer } from '../cluster/count-answers.ts';
import { type AnswerShape, type Gathered, gather } from '../cluster/gather.ts';
import { auditGranted, clientGone, takePlace } from './v3-request.ts';

interface CountQuery extends ScopeQuery {
  readonly since?: string;
  readonly until?: string;
  readonly budget?: number;
  readonly limit?: number;
  readonly bucket?: string;
}

const hour = 3_600e6;
const usualBuckets = 100;
const mostBuckets = 10_000;

/** `GET /v3/fields/{field}` over all nodes. */
export async function answerField(
  context: ClusterContext,
  request: FastifyRequest,
  reply: FastifyReply,
  field: string,
) {
  const query = request.query as CountQuery;
  const counted = await countField(context, request, reply, field, query);
  return { field, ...counted, values: counted.values.slice(0, query.limit ?? defaultLimit) };
}

/** `GET /v3/components`: the units that have written something, as far as the caller may read it. */
export async function answerComponents(context: ClusterContext, request: FastifyRequest, reply: FastifyReply) {
  const { completeness, missing_agents, values } = await countField(
    context,
    request,
    reply,
    '_SYSTEMD_UNIT',
    request.query as CountQuery,
  );
  const components = values
    .flatMap(({ value, entries }) => (typeof value === 'string' ? [{ component: value, entries }] : []))
    .sort((a, b) => (a.component < b.component ? -1 : 1));
  return { completeness, missing_agents, components };
}

async function countField(
  context: ClusterContext,
  request: FastifyRequest,
  reply: FastifyReply,
  field: string,
  query: CountQuery,
) {
  const asked = ask(context, request, query);
  asked.filters.set('limit', String(maximumLimit));
  const gathered = await gatherCounts(context, request, reply, asked, fieldAnswer, `fields/${field}`);
  const sums = new Map<string, { readonly value: string | { readonly base64: string }; entries: number }>();
  let complete = gathered.missing.length === 0;
  for (const { answer } of gathered.answers) {
    if (answer.completeness !== 'exact' || answer.distinct > answer.values.length) complete = false;
    for (const { value, entries } of answer.values) {
      const key = typeof value === 'string' ? `=${value}` : `:${value.base64}`;
      const sum = sums.get(key);
      if (sum === undefined) sums.set(key, { value, entries });
      else sum.entries += entries;
    }
  }
  const values = [...sums.values()].sort((a, b) => b.entries - a.entries);
  return {
    completeness: complete ? ('exact' as const) : ('partial' as const),
    missing_agents: namesOf(gathered.missing),
    distinct: values.length,
    values,
  };
}

/** `GET /v3/histogram` over all nodes. */
export async function answerHistogram(context: ClusterContext, request: FastifyRequest, reply: FastifyReply) {
  const query = request.query as CountQuery;
  const now = Date.now() * 1_000;
  const given = periodOf(query, now);
  const to = given.until ?? now;
  const from = given.since ?? to - hour;
  if (from >= to) throw malformed('Parameters since and until: expected since to be before until.');
  const bucket = query.bucket === undefined ? usualBucket(to - from) : lengthOf(query.bucket);
  const count = Math.ceil((to - from) / bucket);
  if (count > mostBuckets) {
    throw malformed(`Parameter bucket: expected one that makes at most ${mostBuckets} buckets, found ${count}.`);
  }
  // Every node is asked for the very same buckets.
  const asked = ask(context, request, query, { since: from, until: to });
  asked.filters.set('bucket', `${bucket}us`);
  const gathered = await gatherCounts(context, request, reply, asked, histogramAnswer, 'histogram');
  const buckets = Array.from({ length: count }, () => new Array<number>(9).fill(0));
  let complete = gathered.missing.length === 0;
  for (const { answer } of gathered.answers) {
    if (answer.completeness !== 'exact') complete = false;
    for (const [at, counts] of answer.buckets.entries()) {
      const sum = buckets[at];
      if (sum !== undefined)
        for (const [priority, entries] of counts.entries()) sum[priority] = (sum[priority] ?? 0) + entries;
    }
  }
  return {
    from,
    to,
    bucket,
    completeness: complete ? ('exact' as const) : ('partial' as const),
    missing_agents: namesOf(gathered.missing),
    buckets,
  };
}

/** `GET /v3/boots` of every node. */
export async function answerBoots(context: ClusterContext, request: FastifyRequest, reply: FastifyReply) {
  const asked = ask(context, request, request.query as CountQuery);
  const { answers, missing } = await gatherCounts(context, request, reply, asked, bootsAnswer, 'boots', false);
  const nodes = answers
    .map(({ target, answer }) => ({ agent: target.agentId, host: target.host, boots: answer.boots }))
    .sort((a, b) => (a.agent < b.agent ? -1 : 1));
  return { completeness: missing.length === 0 ? 'exact' : 'partial', missing_agents: namesOf(missing), nodes };
}

interface Asked {
  readonly scope: ClusterScope;
  readonly targets: readonly LaneTarget[];
  readonly filters: URLSearchParams;
  /** Seconds. */
  readonly budget: number;
}

function ask(context: ClusterContext, request: FastifyRequest, query: CountQuery, period?: Period): Asked {
  const times = period ?? periodOf(query, Date.now() * 1_000);
  const scope = new ClusterScope(context.scope, request.caller, query, [], times.since);
  return {
    scope,
    targets: scope.targets(),
    filters: agentFilters(query as Readonly<Record<string, unknown>>, times, scope.byTask),
    budget: query.budget ?? defaultBudget,
  };
}

async function gatherCounts<Answer>(
  context: ClusterContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { scope, targets, filters, budget }: Asked,
  shape: AnswerShape<Answer>,
  path: string,
  takesBudget = true,
): Promise<Gathered<Answer>> {
  takePlace(context, request, reply);
  auditGranted(request, scope);
  if (takesBudget) filters.set('budget', String(budget));
  const question = { path: `/system/v1/logs/v3/${path}`, query: filters };
  return gather(agentCalls(context, request), targets, question, shape, budget * 1_000, clientGone(reply));
}

function namesOf(targets: readonly LaneTarget[]): string[] {
  return [...new Set(targets.map(({ agentId }) => agentId))].sort();
}

/** Of 1, 2, 5, 10 … seconds the first that makes not too many buckets. */
function usualBucket(length: number): number {
  for (let unit = 1e6; ; unit *= 10) {
    for (const factor of [1, 2, 5]) if (length / (unit * factor) <= usualBuckets) return unit * factor;
  }
}

function lengthOf(text: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    if (!(error instanceof TimeFormatError)) throw error;
    throw malformed(`Parameter bucket: ${error.message}.`);
  }
}

function malformed(problem: string): CodedError {
  return new CodedError('bad-parameter', { problem });
}
