import {
  Anything,
  BrowseAnswers,
  ComponentParams,
  ComponentQuery,
  ContainerParams,
  DownloadAnswers,
  errorAnswers,
  FieldsAnswers,
  FileAnswers,
  FileDownloadAnswers,
  FileHeaders,
  FileQuery,
  RangeAnswers,
  RangeHeaders,
  StreamAnswers,
  StreamHeaders,
  TaskFileParams,
  V1DownloadQuery,
  V1FieldParams,
  V1Query,
} from '@clusterlog/shared';
import type { FastifySchema, RouteShorthandOptions } from 'fastify';
import { type TSchema, Type } from 'typebox';
import type { AdminRouterRoute } from '../admin-router/options.ts';
import { agentPaths, sandboxPaths } from '../proxy/upstream-path.ts';

/** One route that is answered by a node agent. */
export interface LogRoute {
  /** Fastify's pattern. */
  readonly url: string;
  /** What its path names: the gateway's own node, an agent, a task, or the node of a leader. */
  readonly names: 'local-agent' | 'agent' | 'task' | 'mesos-leader' | 'marathon-leader';
  /** Pattern of the path asked of the agent. */
  readonly upstream: string;
  /** Whether the answer has no end; `as-events`: it has none when it is an event stream. */
  readonly follow: boolean | 'as-events';
  /** Whether its path names a sandbox on that node, so that those of its tasks count for what may be read. */
  readonly sandbox?: boolean;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Set on routes that a node agent answers. */
    log?: LogRoute;
    /** Set on routes that the gateway answers itself, of something that only a caller who may read it may know. */
    names?: LogRoute['names'];
  }
}

const follows: ReadonlyMap<string, LogRoute['follow']> = new Map<string, LogRoute['follow']>([
  [agentPaths.stream, true],
  [agentPaths.containerStream, true],
  [agentPaths.component, 'as-events'],
  [agentPaths.namedComponent, 'as-events'],
  [sandboxPaths.file, 'as-events'],
  [sandboxPaths.taskFile, 'as-events'],
]);

const sandboxPatterns: ReadonlySet<string> = new Set(Object.values(sandboxPaths));

const ownNode = [...Object.values(agentPaths), ...Object.values(sandboxPaths)].map((upstream) =>
  route(upstream, 'local-agent', upstream),
);

const byAgent = [...Object.values(agentPaths), ...Object.values(sandboxPaths)].map((upstream) =>
  route(upstream.replace('/system/v1/logs', '/system/v1/agent/:agentId/logs'), 'agent', upstream),
);

const byLeader = (['mesos', 'marathon'] as const).flatMap((service) =>
  Object.values(agentPaths).map((upstream) =>
    route(upstream.replace('/system/v1/logs', `/system/v1/leader/${service}/logs`), `${service}-leader`, upstream),
  ),
);

/** A task is asked for as the whole range or stream: which of the node's entries are its own is said by the token's scope. */
const byTask = [
  route('/system/v1/logs/v1/range/task/:taskId', 'task', agentPaths.range),
  route('/system/v1/logs/v1/range/task/:taskId/download', 'task', agentPaths.rangeDownload),
  route('/system/v1/logs/v1/stream/task/:taskId', 'task', agentPaths.stream),
];

/** Every route that is proxied to a node agent. What is not here is 404 at the gateway. */
export const logRoutes: readonly LogRoute[] = [...ownNode, ...byAgent, ...byLeader, ...byTask];

/** The routes that are served where some of Admin Router's are switched off. */
export function logRoutesWithout(without: ReadonlySet<AdminRouterRoute>): readonly LogRoute[] {
  return without.has('leader-logs') ? logRoutes.filter((one) => !byLeader.includes(one)) : logRoutes;
}

function route(url: string, names: LogRoute['names'], upstream: string): LogRoute {
  return { url, names, upstream, follow: follows.get(upstream) ?? false, sandbox: sandboxPatterns.has(upstream) };
}

const parameters: Readonly<Record<string, TSchema>> = {
  agentId: Type.String({ description: 'Id of a Mesos agent.' }),
  taskId: Type.String({ description: 'Id of a task, or a part that only one task has.' }),
  ...ContainerParams.properties,
  ...TaskFileParams.properties,
  ...V1FieldParams.properties,
  ...ComponentParams.properties,
};

const range = { querystring: V1Query, headers: RangeHeaders, response: RangeAnswers };
const rangeDownload = { querystring: V1DownloadQuery, headers: RangeHeaders, response: DownloadAnswers };
const stream = { querystring: V1Query, headers: StreamHeaders, response: StreamAnswers };
const component = { querystring: ComponentQuery, headers: StreamHeaders, response: RangeAnswers };
const file = { querystring: FileQuery, headers: FileHeaders, response: FileAnswers };
const fileDownload = { querystring: Anything, headers: Anything, response: FileDownloadAnswers };
const browse = { querystring: Anything, headers: Anything, response: BrowseAnswers };

/** What node agents say of themselves, by the pattern that they are asked. */
const contracts: Readonly<Record<string, FastifySchema>> = {
  [agentPaths.range]: range,
  [agentPaths.rangeDownload]: rangeDownload,
  [agentPaths.stream]: stream,
  [agentPaths.fields]: { querystring: Anything, headers: Anything, response: FieldsAnswers },
  [agentPaths.containerRange]: range,
  [agentPaths.containerRangeDownload]: rangeDownload,
  [agentPaths.containerStream]: stream,
  [agentPaths.component]: component,
  [agentPaths.namedComponent]: component,
  [sandboxPaths.file]: file,
  [sandboxPaths.taskFile]: file,
  [sandboxPaths.download]: fileDownload,
  [sandboxPaths.taskDownload]: fileDownload,
  [sandboxPaths.browse]: browse,
  [sandboxPaths.taskBrowse]: browse,
};

/**
 * The schemas of a proxied route, for its documentation alone: a query is the agent's to judge and passed on byte for byte, and
 * an answer is passed through.
 */
export function contractOf({
  url,
  upstream,
  names,
}: LogRoute): Pick<RouteShorthandOptions, 'schema' | 'validatorCompiler' | 'serializerCompiler'> {
  const inPath = [...url.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  const contract = contracts[upstream];
  const errors = {
    ...errorAnswers(502, 504),
    ...(names === 'agent' || names === 'task' ? errorAnswers(404) : {}),
    ...(names === 'task' ? errorAnswers(409) : {}),
  };
  return {
    schema: {
      ...contract,
      params: Type.Object(Object.fromEntries(inPath.map((name) => [name, parameters[name] ?? Type.String()]))),
      response: { ...(contract?.response as object), ...errors },
    },
    validatorCompiler: () => () => true,
    serializerCompiler: () => String,
  };
}
