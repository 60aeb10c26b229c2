import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { Type } from 'typebox';

/** `/system/v1/logs` → `/system/v1/logs/`, as Admin Router's nginx redirects. */
export const logsRedirect = fastifyPlugin(
  async (app: FastifyInstance) => {
    app.get(
      '/system/v1/logs',
      {
        config: { face: 'admin-router' },
        schema: {
          params: Type.Object({}),
          querystring: Type.Object({}, { additionalProperties: true }),
          headers: Type.Object({}),
          response: { 301: Type.Null() },
        },
      },
      async (request, reply) => reply.redirect(`/system/v1/logs/${request.raw.url?.match(/\?.*/s)?.[0] ?? ''}`, 301),
    );
  },
  { name: 'logs-redirect', fastify: '5.x' },
);
