import { CodedError } from '@clusterlog/shared';
import type { Metrics } from '@clusterlog/shared/server';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { asksForFollow } from './asks-for-follow.ts';
import type { Limits } from './limits.ts';

interface RangeBudgetOptions {
  limits: Pick<Limits, 'rangeAge' | 'rangeSize'>;
  metrics: Metrics;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by routes whose answers can say, at any place, why they end: what comes of an answer that is over its budget. */
    endEarly: ((error: CodedError) => void) | undefined;
  }
}

interface OpenRange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** By `performance.now()`. */
  readonly since: number;
  /** Of its connection, which may have sent other answers before. */
  readonly writtenBefore: number;
  /** Set when it was told to end. */
  isToldAt: number | undefined;
}

/** How long an answer has for its last words, in milliseconds. */
const lastWords = 10_000;

/**
 * Bounds every answer that ends by itself in time and in size. One that runs over says so where its format can (`error` in API v3), is
 * cut without its last chunk elsewhere, and is 503 where it has not begun: its reader always sees that it is not whole, and goes
 * on from the last cursor.
 */
export const rangeBudget = fastifyPlugin<RangeBudgetOptions>(
  async (app: FastifyInstance, { limits: { rangeAge, rangeSize }, metrics }) => {
    const cut = metrics.counter('clusterlog_ranges_cut_total', 'Ranges ended because they ran over, by what.', [
      'budget',
    ]);
    // There from the start: to Prometheus a series that begins with 1 has not increased.
    for (const budget of ['time', 'size']) cut.inc({ budget }, 0);
    const open = new Set<OpenRange>();
    // One timer for all: what is looked at is counted by the system anyway.
    const interval = Math.min(1_000, rangeAge * 250);
    let timer: NodeJS.Timeout | undefined;

    const end = (range: OpenRange, error: CodedError<'range-too-long' | 'range-too-large'>, now: number): void => {
      const { request, reply } = range;
      request.audit.cut = error.code;
      cut.inc({ budget: error.code === 'range-too-long' ? 'time' : 'size' });
      range.isToldAt = now;
      request.log.info({ code: error.code }, 'a range has run over its budget');
      if (request.endEarly !== undefined) request.endEarly(error);
      else if (reply.sent || reply.raw.headersSent) reply.raw.destroy();
      else reply.send(error);
    };
    const look = (): void => {
      const now = performance.now();
      for (const range of open) {
        const { request, reply, since, writtenBefore, isToldAt } = range;
        if (reply.raw.closed) {
          open.delete(range);
        } else if (isToldAt !== undefined) {
          if (now - isToldAt > lastWords) reply.raw.destroy();
        } else if (now - since > rangeAge * 1_000) {
          end(range, new CodedError('range-too-long', { limit: rangeAge }), now);
        } else if (request.socket.bytesWritten - writtenBefore > rangeSize) {
          end(range, new CodedError('range-too-large', { limit: Math.round(rangeSize / 2 ** 20) }), now);
        }
      }
      if (open.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    };

    app.decorateRequest('endEarly', undefined);
    app.addHook('onRequest', async (request, reply) => {
      const { config } = request.routeOptions;
      if (config.public === true || asksForFollow(request)) return;
      const writtenBefore = request.socket.bytesWritten;
      // Taken out by the next look behind its end: one listener less for each request.
      open.add({ request, reply, since: performance.now(), writtenBefore, isToldAt: undefined });
      timer ??= setInterval(look, interval).unref();
    });
  },
  { name: 'range-budget', fastify: '5.x', dependencies: ['audit-line'] },
);
