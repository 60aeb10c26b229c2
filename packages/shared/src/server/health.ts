import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { type Static, Type } from 'typebox';
import type { Metrics } from './metrics.ts';
import type { Places } from './places.ts';

/** What one check found. */
export const Finding = Type.Object({
  check: Type.String({ description: 'What was looked at.' }),
  /** `failing` makes the server not ready; `degraded` is said, but requests are answered. */
  state: Type.Union([Type.Literal('ok'), Type.Literal('degraded'), Type.Literal('failing')]),
  detail: Type.Optional(Type.String({ description: 'What is wrong and what can be done, for an operator.' })),
});
export type Finding = Static<typeof Finding>;

const Readiness = Type.Object({
  status: Type.Union([Type.Literal('ready'), Type.Literal('degraded'), Type.Literal('not-ready')]),
  checks: Type.Array(Finding),
});

interface HealthOptions {
  /** Asked at each request to /health/ready; must be quick. */
  checks: () => readonly Finding[];
}

const stateValue = { ok: 1, degraded: 0.5, failing: 0 } as const;

/** The same checks as metrics: for whoever watches many servers. */
export function observeHealth(metrics: Metrics, checks: () => readonly Finding[]): void {
  metrics.gauges('clusterlog_health_check', 'What /health/ready says: 1 ok, 0.5 degraded, 0 failing.', 'check', () =>
    checks().map(({ check, state }) => [check, stateValue[state]] as const),
  );
}

/** What the checks say of places: degraded while all of them are taken. */
export function placesFinding(check: string, { taken, all }: Places): Finding {
  if (taken < all) return { check, state: 'ok' };
  return { check, state: 'degraded', detail: `all ${all} places are taken; one more is answered 503 (--${check})` };
}

const noInput = { params: Type.Object({}), querystring: Type.Object({}), headers: Type.Object({}) };

/** `/health/live`: the process answers. `/health/ready`: it can do its work; 503 when not, and what is wrong either way. */
export const health = fastifyPlugin<HealthOptions>(
  async (app: FastifyInstance, { checks }) => {
    app.get(
      '/health/live',
      {
        schema: { ...noInput, response: { 200: Type.Object({ status: Type.Literal('live') }) } },
        config: { public: true },
      },
      async () => ({ status: 'live' as const }),
    );
    app.get(
      '/health/ready',
      { schema: { ...noInput, response: { 200: Readiness, 503: Readiness } }, config: { public: true } },
      async (_request, reply) => {
        const findings = checks();
        const failing = findings.some(({ state }) => state === 'failing');
        const degraded = findings.some(({ state }) => state === 'degraded');
        reply.code(failing ? 503 : 200).header('cache-control', 'no-store');
        return { status: failing ? 'not-ready' : degraded ? 'degraded' : 'ready', checks: [...findings] } as const;
      },
    );
  },
  { name: 'health', fastify: '5.x' },
);

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answered without a token. Only health and public keys are. */
    public?: boolean;
  }
}
