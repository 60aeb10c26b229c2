import { createAgent, openJournal } from '@clusterlog/node-agent';
import { mediaTypes } from '@clusterlog/shared';
import { createLogger, Metrics } from '@clusterlog/shared/server';
import { type Answer, type ApiDescription, differenceFrom, type Operation } from '../docs/api-description.ts';
import type { FuzzedParameter } from './http-requests.ts';
import type { ValueSchema } from './http-values.ts';

/** A route and what is said of it. */
export interface DescribedRoute {
  readonly method: 'GET' | 'POST';
  /** As in an OpenAPI document: `/v1/fields/{field}`. */
  readonly path: string;
  readonly parameters: readonly FuzzedParameter[];
  /** Whether it wants no token. */
  readonly isOpen: boolean;
  /** What an answer has that is not described; undefined when it is as described. */
  readonly differenceFrom: (answer: Answer) => string | undefined;
}

/** The routes of a gateway, by its OpenAPI document. */
export function gatewayRoutes({ paths }: ApiDescription): DescribedRoute[] {
  return Object.entries(paths).flatMap(([path, { get, post }]) => [
    ...(get === undefined ? [] : [gatewayRoute('GET', path, get)]),
    ...(post === undefined ? [] : [gatewayRoute('POST', path, post)]),
  ]);
}

function gatewayRoute(method: DescribedRoute['method'], path: string, operation: Operation): DescribedRoute {
  const { parameters = [], security } = operation;
  const isOpen = security?.length === 0;
  return { method, path, parameters, isOpen, differenceFrom: (answer) => differenceFrom(operation, answer) };
}

/**
 * The routes of a node agent, by the schemas that it registers: it has no OpenAPI document, whose libraries would cost it
 * 15 MB. Of what it answers the status and the media type are described.
 */
export async function agentRoutes(): Promise<DescribedRoute[]> {
  const log = createLogger('routes', 'silent');
  const journal = await openJournal({ directories: ['/nowhere'], log });
  const server = { log, accessLog: false, metrics: new Metrics() };
  const app = createAgent({ server, journal, keys: 'open', agentId: () => undefined, gatewayd: true });
  const routes: DescribedRoute[] = [];
  app.addHook('onRoute', ({ method, url, schema }) => {
    if (method !== 'GET') return;
    const { params, querystring, headers, response } = schema as Readonly<Record<string, ObjectSchema>>;
    const statuses = new Set(Object.keys(response ?? {}));
    routes.push({
      method: 'GET',
      isOpen: true,
      path: url.replace(/:(\w+)/g, '{$1}').replace('*', '{field}'),
      parameters: [...listed('path', params), ...listed('query', querystring), ...listed('header', headers)],
      differenceFrom: (answer) => differenceFromStatuses(statuses, answer),
    });
  });
  await app.ready();
  await app.close();
  await journal.close();
  return routes;
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, ValueSchema>>;
  readonly required?: readonly string[];
}

function listed(place: string, schema: ObjectSchema | undefined): DescribedRoute['parameters'] {
  const { properties = {}, required = [] } = schema ?? {};
  return Object.entries(properties).map(([name, one]) => ({
    name,
    in: place,
    schema: one,
    required: required.includes(name),
  }));
}

const agentTypes: ReadonlySet<string> = new Set([
  ...Object.values(mediaTypes),
  'application/x-ndjson',
  'application/vnd.clusterlog.lines',
  'application/gzip',
  '',
]);
/** Of callers' making, on any route. */
const errorStatuses: ReadonlySet<number> = new Set([400, 401, 404, 406, 414, 503]);

function differenceFromStatuses(documented: ReadonlySet<string>, { status, type }: Answer): string | undefined {
  const isDocumented = documented.has(String(status)) || (documented.has('4xx') && status >= 400 && status < 500);
  if (!isDocumented && !errorStatuses.has(status)) return `status ${status} is not documented`;
  return agentTypes.has(type) ? undefined : `the type ${type} is none that agents send`;
}

/** Finds the route that a server takes for a path. */
export function routeFinder(
  routes: readonly DescribedRoute[],
): (method: string, path: string) => DescribedRoute | undefined {
  const patterns = routes.map((route) => ({
    route,
    // Plain segments win over parameters.
    parameters: (route.path.match(/\{/g) ?? []).length,
    pattern: new RegExp(`^${route.path.replace(/[.()*+?^$|\\]/g, '\\$&').replace(/\{\w+\}/g, '[^/]*')}$`),
  }));
  patterns.sort((one, other) => one.parameters - other.parameters);
  return (method, path) => patterns.find(({ route, pattern }) => route.method === method && pattern.test(path))?.route;
}
