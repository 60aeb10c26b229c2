import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '@clusterlog/shared';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { Type } from 'typebox';
import { pageOf } from './built-viewer.ts';
import { securityHeaders } from './security-headers.ts';

export interface ViewerOptions {
  /** Where the built page lies. */
  readonly directory: string;
}

const year = 31_536_000_000;

/** Pages are for people: no part of the API, and open to everybody, since there is no log in them. */
const page = {
  config: { public: true },
  schema: {
    hide: true,
    params: Type.Object({}, { additionalProperties: true }),
    querystring: Type.Object({}, { additionalProperties: true }),
    headers: Type.Object({}, { additionalProperties: true }),
    response: {},
  },
} as const;

/** `/logs/`: the log viewer, a page that asks API v3. `/` and `/logs` lead there. */
export const viewer = fastifyPlugin<ViewerOptions>(
  async (app: FastifyInstance, { directory }) => {
    await app.register(async (pages) => {
      pages.addHook('onRequest', async (_request, reply) => {
        reply.headers(securityHeaders);
      });
      pages.addHook('onRoute', (route) => {
        route.schema = page.schema;
        route.config = { ...route.config, ...page.config };
      });
      for (const path of ['/', '/logs']) {
        pages.route({
          method: ['GET', 'HEAD'],
          url: path,
          handler: async (request, reply) =>
            reply.header('cache-control', 'no-store').redirect(`/logs/${request.raw.url?.match(/\?.*/s)?.[0] ?? ''}`),
        });
      }
      pages.route({
        method: ['GET', 'HEAD'],
        url: '/logs/',
        handler: async (request, reply) => {
          const html = await readPage(directory);
          // By what it says: a tarball's files all have one date, and every version's page one length.
          const tag = `"${createHash('sha256').update(html).digest('base64url')}"`;
          reply.headers({ 'cache-control': 'no-cache', etag: tag });
          if (request.headers['if-none-match']?.includes(tag)) return reply.code(304).send();
          return reply.type('text/html; charset=utf-8').send(html);
        },
      });
      await pages.register(fastifyStatic, {
        root: join(directory, 'assets'),
        prefix: '/logs/assets/',
        preCompressed: true,
        // Their names tell their content.
        immutable: true,
        maxAge: year,
        dotfiles: 'ignore',
        index: false,
        suppressWarning: true,
      });
    });
  },
  { name: 'viewer', fastify: '5.x', dependencies: ['authenticate'] },
);

async function readPage(directory: string): Promise<Buffer> {
  try {
    return await readFile(pageOf(directory));
  } catch (cause) {
    throw new CodedError('viewer-not-built', {}, { cause });
  }
}
