import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { Type } from 'typebox';
import { documented } from './document-route.ts';

/** What the document says of itself, and of who may ask. */
export interface ApiDocumentOptions {
  title: string;
  description: string;
  version: string;
  /** How a caller is known, by name; any one of them will do, and public routes need none. */
  securitySchemes: Record<string, SecurityScheme>;
}

type SecurityScheme =
  | { readonly type: 'http'; readonly scheme: 'bearer'; readonly bearerFormat: string }
  | { readonly type: 'apiKey'; readonly in: 'header' | 'cookie'; readonly name: string; readonly description: string };

const pagesPath = '/docs';

/** The pages bring their own scripts and styles; nothing is loaded from elsewhere, and no page may show them in a frame. */
const contentSecurityPolicy =
  "default-src 'self'; base-uri 'self'; img-src 'self' data:; object-src 'none'; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'";

const pageSchema = {
  hide: true,
  params: Type.Object({}, { additionalProperties: true }),
  querystring: Type.Object({}),
  headers: Type.Object({}),
  response: {},
};

/**
 * The OpenAPI 3.1 document of all routes that are registered after this, made from their schemas: to be read at `/docs`, and by
 * programs at `/docs/json` and `/docs/yaml`.
 */
export const apiDocument = fastifyPlugin<ApiDocumentOptions>(
  async (app: FastifyInstance, { title, description, version, securitySchemes }) => {
    await app.register(swagger, {
      openapi: {
        openapi: '3.1.0',
        info: { title, description, version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
        components: { securitySchemes },
        security: Object.keys(securitySchemes).map((name) => ({ [name]: [] })),
      },
      transform: ({ schema, url, route }) => ({
        schema: schema.hide === true ? schema : documented(schema, route),
        url,
      }),
    });
    await app.register(async (pages) => {
      pages.addHook('onRoute', (route) => {
        route.schema = pageSchema;
        route.config = { ...route.config, public: true };
      });
      await pages.register(swaggerUi, {
        routePrefix: pagesPath,
        staticCSP: contentSecurityPolicy,
        theme: { title },
        uiConfig: { deepLinking: true, supportedSubmitMethods: [] },
      });
    });
  },
  { name: 'api-document', fastify: '5.x' },
);
