import { STATUS_CODES } from 'node:http';
import { type AnswerInMediaTypes, errorTable, inMediaTypes, mediaTypes, Problem } from '@clusterlog/shared';
import type { Face } from '@clusterlog/shared/server';
import type { FastifySchema, RouteOptions } from 'fastify';
import { type TSchema, Type } from 'typebox';

const binary = 'application/octet-stream';
const page = 'text/html';
const words = Type.String({ description: 'What went wrong, in a sentence.' });
const loginPage = Type.String({ description: 'A page that leads to the login of the DC/OS UI.' });

/** Media types of a face's errors beside problem details. */
const errorTypes: Readonly<Record<Face, readonly string[]>> = {
  'dcos-log-v1': [mediaTypes.text],
  'dcos-log-v2': [mediaTypes.text],
  'admin-router': [binary],
  gatewayd: [mediaTypes.text],
  problem: [],
};

/**
 * The schema of a route as its documentation shows it: with the errors that every route has, and each error in the media types of
 * the route's face.
 */
export function documented(schema: FastifySchema, { config = {}, method, url }: RouteOptions): FastifySchema {
  const { face = 'problem', passesOn = [], public: open = false } = config as RouteConfig;
  const answers = new Map<string, unknown>();
  for (const [status, answer] of Object.entries(schema.response as Record<string, unknown>)) {
    answers.set(status, answer === Problem ? errorAnswer(Number(status), face, passesOn) : answer);
  }
  const inPath = url.includes(':') ? [400, 414] : [];
  const inBody = method === 'POST' ? [413] : [];
  for (const status of [...inPath, ...inBody, ...(open ? [] : [401, 429]), 500]) {
    // Before a route is found the path alone says whose words are spoken: of targets that are malformed, or too long.
    const more = inPath.includes(status) ? [...passesOn, mediaTypes.text, binary] : passesOn;
    answers.set(String(status), errorAnswer(status, face, more));
  }
  return {
    ...schema,
    response: Object.fromEntries(answers),
    tags: [tagOf(url)],
    ...(open ? { security: [] } : {}),
  };
}

interface RouteConfig {
  readonly face?: Face;
  readonly passesOn?: readonly string[];
  readonly public?: boolean;
}

function errorAnswer(status: number, face: Face, passedOn: readonly string[] = []): AnswerInMediaTypes {
  const types = [...errorTypes[face], ...passedOn].map((type) => [type, words] as const);
  const login = face === 'problem' ? [] : ([[page, loginPage]] as const);
  return inMediaTypes(descriptionOf(status), {
    ...Object.fromEntries<TSchema>(status === 401 ? login : types),
    [mediaTypes.problem]: Problem,
  });
}

function descriptionOf(status: number): string {
  const codes = Object.entries(errorTable).filter(([, definition]) => definition.status === status);
  return `${STATUS_CODES[status]}: ${codes.map(([code]) => code).join(', ')}.`;
}

/** The part of the interface that a path belongs to. */
function tagOf(url: string): string {
  const version = /\/logs\/(v\d)\//.exec(url)?.[1];
  if (version !== undefined) return `API ${version}`;
  return /^\/(health|\.well-known)/.test(url) ? 'Operation' : 'Beside logs';
}
