import { Problem } from '@clusterlog/shared';
import type { FastifySchema } from 'fastify';
import { Type } from 'typebox';
import { agentPaths } from '../proxy/upstream-path.ts';

/** One route that is answered by a node agent. */
export interface LogRoute {
  /** Fastify's pattern. */
  readonly url: string;
  /** What its parameters name: the gateway's own node, an agent, or a task. */
  readonly names: 'local-agent' | 'agent' | 'task';
  /** Pattern of the path asked of the agent. */
  readonly upstream: string;
  /** Whether the answer has no end; `as-events`: it has none when it is an event stream. */
  readonly follow: boolean | 'as-events';
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Set on routes that a node agent answers. */
    log?: LogRoute;
  }
}

const follows: ReadonlyMap<string, LogRoute['follow']> = new Map<string, LogRoute['follow']>([
  [agentPaths.stream, true],
  [agentPaths.containerStream, true],
  [agentPaths.component, 'as-events'],
  [agentPaths.namedComponent, 'as-events'],
]);

const ownNode = Object.values(agentPaths).map((upstream) => route(upstream, 'local-agent', upstream));

const byAgent = Object.values(agentPaths).map((upstream) =>
  route(upstream.replace('/system/v1/logs', '/system/v1/agent/:agentId/logs'), 'agent', upstream),
);

/** A task is asked for as the whole range or stream: which of the node's entries are its own is said by the token's scope. */
const byTask = [
  route('/system/v1/logs/v1/range/task/:taskId', 'task', agentPaths.range),
  route('/system/v1/logs/v1/range/task/:taskId/download', 'task', agentPaths.rangeDownload),
  route('/system/v1/logs/v1/stream/task/:taskId', 'task', agentPaths.stream),
];

/** Every route that is proxied to a node agent. What is not here is 404 at the gateway. */
export const logRoutes: readonly LogRoute[] = [...ownNode, ...byAgent, ...byTask];

function route(url: string, names: LogRoute['names'], upstream: string): LogRoute {
  return { url, names, upstream, follow: follows.get(upstream) ?? false };
}

/** The query is the agent's to judge: it is passed on byte for byte. */
const anything = Type.Object({}, { additionalProperties: true });

const logBody = Type.String({ description: 'As the node agent answers.' });

/** The schema of a proxied route: its path parameters are texts, the rest is the agent's. */
export function schemaOf({ url }: LogRoute): FastifySchema {
  const names = [...url.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  return {
    params: Type.Object(Object.fromEntries(names.map((name) => [name, Type.String()]))),
    querystring: anything,
    headers: anything,
    response: { 200: logBody, 204: Type.Null(), '4xx': Problem, '5xx': Problem },
  };
}
