import { CodedError, negotiateFormat, parseTime, TimeFormatError, type V3Format } from '@clusterlog/shared';
import type { FastifyRequest } from 'fastify';
import type { AgentCalls, AgentQuestion } from './agent-calls.ts';
import { agentFilters, linesQuery, type Period, periodOf, queryHash } from './agent-query.ts';
import type { ClusterCursor, CursorParts, Resume } from './cluster-cursor.ts';
import { ClusterScope, type ClusterScopeOptions, type LaneTarget, type ScopeQuery } from './cluster-scope.ts';
import { CursorFormatError, decodeCursor } from './cursor-decoder.ts';
import type { Order } from './entry-key.ts';
import { isTimePlace, placeAtTime, placeOf } from './entry-place.ts';
import { type AnswerFormat, createEntryWriter, type EntryWriter } from './entry-writer.ts';
import { forgottenTasks } from './forgotten-tasks.ts';
import { planResume, type ResumePlan, taskOf } from './resume-plan.ts';
import { turnedCursor } from './turned-cursor.ts';

/** Where agents serve v3. */
export const agentV3Paths = {
  entries: '/system/v1/logs/v3/entries',
  follow: '/system/v1/logs/v3/follow',
} as const;

/** What every v3 query of a cluster may have. */
export interface ClusterQuery extends ScopeQuery {
  readonly since?: string;
  readonly until?: string;
  readonly cursor?: string;
  /** The cursor of an entry, of whatever scope and filters, or a time, to start at. */
  readonly at?: string;
  readonly format?: V3Format;
  readonly output?: 'cat';
  readonly raw?: boolean;
}

/** Refusals of what Mesos does not know. */
const unknown: ReadonlySet<string> = new Set(['unknown-task', 'nothing-in-scope']);

/** A query of the cluster's log, understood: what is read, from where on, and how it is written. */
export class ClusterRequest {
  readonly scope: ClusterScope;
  readonly targets: readonly LaneTarget[];
  readonly format: AnswerFormat;
  readonly writer: EntryWriter;
  readonly order: Order;
  /** The one to go on from. */
  readonly cursor: ClusterCursor | undefined;
  readonly period: Period;
  /** µs since 1970: from when on those that join later are read. */
  readonly start: number;
  readonly queryHash: number;
  readonly #query: ClusterQuery;
  readonly #filters: URLSearchParams;

  /**
   * Understands a request. Tasks that nobody knows any more are looked for in the journals.
   *
   * @param cursors `any`: one of another scope and other filters stands for the place of its entry
   * @throws CodedError
   */
  static async open(
    options: ClusterScopeOptions,
    calls: AgentCalls,
    request: FastifyRequest,
    order: Order,
    signal: AbortSignal,
    cursors: 'own' | 'any' = 'own',
  ): Promise<ClusterRequest> {
    try {
      return new ClusterRequest(options, request, order, cursors);
    } catch (error) {
      if (!(error instanceof CodedError) || !unknown.has(error.code)) throw error;
      const { agent, ...query } = request.query as ClusterQuery;
      const nodes = new ClusterScope(options, request.caller, agent === undefined ? {} : { agent }).targets();
      const forgotten = await forgottenTasks(calls, nodes, query, signal);
      if (forgotten.length === 0) throw error;
      return new ClusterRequest(options, request, order, cursors, forgotten);
    }
  }

  private constructor(
    options: ClusterScopeOptions,
    request: FastifyRequest,
    order: Order,
    cursors: 'own' | 'any',
    forgotten: readonly LaneTarget[] = [],
  ) {
    const query = request.query as ClusterQuery;
    this.#query = query;
    this.order = order;
    this.format = formatOf(request, query.format);
    this.writer = createEntryWriter(this.format, { output: query.output, raw: query.raw === true });
    this.queryHash = queryHash(query as Readonly<Record<string, unknown>>);
    const cursor = this.#readCursor(request, query);
    const isPlace = cursor !== undefined && (query.at !== undefined || cursor.query !== this.queryHash);
    if (isPlace && query.at === undefined && cursors === 'own') {
      throw badCursor(
        'The cursor belongs to other parameters: its scope and filters are not those of this request. Parameter at takes any.',
      );
    }
    const resumed = isPlace ? undefined : cursor;
    const now = Date.now() * 1_000;
    this.period = resumed ?? periodOf(query, now);
    this.start = resumed?.start ?? this.period.since ?? now;
    this.scope = new ClusterScope(options, request.caller, query, forgotten, this.period.since);
    this.targets = this.scope.targets();
    const ids = this.targets.map(({ id }) => id);
    if (isPlace) this.cursor = placeOf(cursor, order, ids);
    else this.cursor = cursor === undefined || cursor.order === order ? cursor : turnedCursor(cursor, order, ids);
    this.#filters = agentFilters(query as Readonly<Record<string, unknown>>, this.period, this.scope.byTask);
  }

  /** What stays the same in every cursor of the answer. */
  get cursorParts(): CursorParts {
    const { since, until } = this.period;
    return { query: this.queryHash, start: this.start, since, until };
  }

  /** Where each lane goes on: after the cursor, or all at the same place. */
  plan(first: Resume, gone: readonly string[]): ResumePlan {
    const ids = this.targets.map(({ id }) => id);
    if (this.cursor !== undefined) {
      const tasks = new Map(this.targets.map((target) => [target.id, taskOf(target)]));
      return planResume(this.cursor, ids, gone, (id) => tasks.get(id));
    }
    const lanes = ids.map((agentId) => ({ agentId, resume: first }));
    return { frontier: undefined, lanes, unknown: 0, membersUncertain: false };
  }

  /** What an agent is asked for its lines from `resume` on. */
  question(order: Order): (resume: Resume, live: boolean, reachedAt?: number) => Pick<AgentQuestion, 'path' | 'query'> {
    return (resume, live, reachedAt) => ({
      path: live ? agentV3Paths.follow : agentV3Paths.entries,
      query: linesQuery(
        this.#filters,
        this.#query as Readonly<Record<string, unknown>>,
        this.writer,
        order,
        { resume, reachedAt },
        live,
      ),
    });
  }

  #readCursor(request: FastifyRequest, query: ClusterQuery): ClusterCursor | undefined {
    const id = request.headers['last-event-id'];
    const resumed = typeof id === 'string' && id !== '' ? id : query.cursor;
    if (query.at !== undefined && resumed !== undefined) {
      throw new CodedError('bad-parameter', { problem: 'Parameter at: expected none beside a cursor.' });
    }
    const text = query.at ?? resumed;
    if (text === undefined || text === '') return undefined;
    if (isTimePlace(text)) return placeAtTime(this.#readTime(text), this.order);
    let cursor: ClusterCursor;
    try {
      cursor = decodeCursor(text);
    } catch (error) {
      if (!(error instanceof CursorFormatError)) throw error;
      throw badCursor(`Parameter cursor or at, or the header Last-Event-ID: ${error.message}.`);
    }
    if (query.at !== undefined && cursor.frontier === undefined) {
      throw badCursor('Parameter at: expected the cursor of an entry.');
    }
    return cursor;
  }

  #readTime(text: string): number {
    try {
      return parseTime(text, Date.now() * 1_000);
    } catch (error) {
      if (!(error instanceof TimeFormatError)) throw error;
      throw badCursor(`Parameter cursor or at: ${error.message}.`);
    }
  }
}

function badCursor(problem: string): CodedError {
  return new CodedError('bad-cluster-cursor', { problem });
}

function formatOf({ headers }: FastifyRequest, format: V3Format | undefined): AnswerFormat {
  const negotiated = negotiateFormat(headers.accept, format);
  // The line stream is between gateway and agents only: it carries positions of single nodes.
  if (negotiated === undefined || negotiated === 'lines') {
    throw new CodedError('not-acceptable', { accept: format ?? headers.accept ?? '' });
  }
  return negotiated;
}
