import type { FastifyInstance, RouteOptions } from 'fastify';

const sections = ['params', 'querystring', 'headers', 'response'] as const;

/**
 * Refuses to start a server that has a route without declared schemas for its path parameters, query, headers and
 * responses: validation, types and documentation all come from them.
 */
export function requireRouteSchemas(app: FastifyInstance): void {
  const incomplete: string[] = [];
  const routes: RouteOptions[] = [];
  app.addHook('onRoute', (route) => {
    routes.push(route);
  });
  app.addHook('onReady', async () => {
    for (const { method, url, schema } of routes) {
      const missing = sections.filter((section) => schema?.[section] === undefined);
      if (missing.length > 0) incomplete.push(`${String(method)} ${url} (${missing.join(', ')})`);
    }
    if (incomplete.length > 0) throw new Error(`routes without schemas: ${incomplete.join('; ')}`);
  });
}
