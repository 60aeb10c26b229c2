import { CodedError } from '@clusterlog/shared';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';

/**
 * Whether a request target is an absolute path that means one thing only: no scheme and host before it (absolute-form is
 * routed by its path, but other parts of a server may read it otherwise), and no segment that another server could
 * normalize into a different path: empty ones, dots, backslashes, slashes in percent-encoding.
 */
export function isPlainTarget(target: string): boolean {
  const [path = ''] = target.split('?', 1);
  if (!path.startsWith('/') || /\/\/|%2f|[\\#]/i.test(path)) return false;
  return !path.split('/').some((segment) => /^(\.|%2e){1,2}$/i.test(segment));
}

/** Refuses requests whose target could be read in two ways, before anything looks at it. */
export const requestTarget = fastifyPlugin(
  async (app: FastifyInstance) => {
    app.addHook('onRequest', async (request) => {
      if (!isPlainTarget(request.raw.url ?? '')) throw new CodedError('bad-request-target', {});
    });
  },
  { name: 'request-target', fastify: '5.x' },
);
