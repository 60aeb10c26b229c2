import type { TSchema } from 'typebox';
import { Problem } from './problem.ts';

/** A route's answer that comes in one of several media types. */
export interface AnswerInMediaTypes {
  readonly description: string;
  readonly content: Readonly<Record<string, { readonly schema: TSchema }>>;
}

/**
 * An answer by its media types, as a response schema of Fastify and of OpenAPI. Of a {@link eachOf sequence} the schema is that of an
 * item.
 */
export function inMediaTypes(description: string, schemas: Readonly<Record<string, TSchema>>): AnswerInMediaTypes {
  const content = Object.entries(schemas).map(([type, schema]) => [type, { schema }] as const);
  return { description, content: Object.fromEntries(content) };
}

/** How the items of a sequence stand in an answer: one JSON text a line, or as data of a server-sent event. */
export type Sequence = 'lines' | 'events';

/** The keyword that says so: OpenAPI 3.1 has no word of its own for it. */
export const sequenceKeyword = 'x-sequence';

/** The schema of each item of a sequence. */
export function eachOf(sequence: Sequence, item: TSchema): TSchema {
  const where = sequence === 'lines' ? 'Each line, as JSON.' : 'The data of each event, as JSON.';
  return { ...item, [sequenceKeyword]: sequence, description: [where, descriptionOf(item)].join(' ').trim() };
}

function descriptionOf(schema: TSchema): string {
  return 'description' in schema && typeof schema.description === 'string' ? schema.description : '';
}

/** The response schemas of a route's errors. What every route can answer (401, 429, 500) is added where they are documented. */
export function errorAnswers<const Status extends number>(
  ...statuses: readonly Status[]
): Record<Status, typeof Problem> {
  return Object.fromEntries(statuses.map((status) => [status, Problem])) as Record<Status, typeof Problem>;
}
