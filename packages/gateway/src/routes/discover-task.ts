import { CodedError, errorAnswers, inMediaTypes } from '@clusterlog/shared';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { Type } from 'typebox';
import { sandboxPath } from './task-sandbox.ts';

/** dcos-log's routes by task id, with the rest of the path in the sandbox that each redirects to. */
const routes = {
  '': 'stdout',
  '/file/:file': ':file',
  '/browse': 'files/browse',
  '/download': 'stdout/download',
  '/file/:file/download': ':file/download',
} as const;

/** Every dcos-log knew where every task is, and so could be asked on any node. */
const nodes = ['/system/v1/logs', '/system/v1/agent/:agentId/logs'];
const leaders = ['/system/v1/leader/mesos/logs', '/system/v1/leader/marathon/logs'];

interface DiscoverOptions {
  /** Serve the routes by leader, too. */
  leaderLogs: boolean;
}

/** `…/logs/v2/task/{id}…`: redirects to the sandbox of a task, on the agent that has it, wherever it runs or ran. */
export const discoverTask = fastifyPlugin<DiscoverOptions>(
  async (app: FastifyInstance, { leaderLogs }) => {
    const prefixes = leaderLogs ? [...nodes, ...leaders] : nodes;
    const paths = prefixes.flatMap((prefix) =>
      Object.entries(routes).map(([below, rest]) => [`${prefix}/v2/task/:taskId${below}`, rest] as const),
    );
    for (const [url, rest] of paths) {
      const names = [...url.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
      app.get(
        url,
        {
          config: { face: 'dcos-log-v2', names: 'task' },
          schema: {
            params: Type.Object(Object.fromEntries(names.map((name) => [name, Type.String()]))),
            querystring: Type.Object({}, { additionalProperties: true }),
            headers: Type.Object({}, { additionalProperties: true }),
            response: {
              303: inMediaTypes('Location says where the sandbox is.', { 'text/html': Type.String() }),
              ...errorAnswers(400, 403, 404, 409, 503),
            },
          },
        },
        async (request, reply) => redirect(request, reply, rest),
      );
    }
  },
  { name: 'discover-task', fastify: '5.x', dependencies: ['resolve', 'authorize'] },
);

function redirect(request: FastifyRequest, reply: FastifyReply, rest: string): FastifyReply {
  const { target, params, raw } = request;
  if (target?.subject.kind !== 'task') throw new CodedError('internal', {});
  const { task } = target.subject;
  const path = sandboxPath(task);
  if (path === undefined) throw new CodedError('no-container', { task: task.id });
  const { file = 'stdout' } = params as { file?: string };
  if (file === '')
    throw new CodedError('not-found', { method: request.method, path: request.url.replace(/\?.*/s, '') });
  const query = raw.url?.match(/\?.*/s)?.[0] ?? '';
  const below = rest.replace(':file', () => encodeURIComponent(file));
  const location = `/system/v1/agent/${encodeURIComponent(task.agentId)}/logs${path}/${below}${query}`;
  return reply
    .code(303)
    .headers({ location, 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' })
    .send(`<a href="${escaped(location)}">See Other</a>.\n\n`);
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
