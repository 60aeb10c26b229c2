import { createHash } from 'node:crypto';
import { absoluteTime, CodedError, parseTime, TimeFormatError } from '@clusterlog/shared';
import type { Order } from './entry-key.ts';
import type { EntryWriter } from './entry-writer.ts';
import { positionText } from './packed-position.ts';
import type { LanePlan } from './resume-plan.ts';

type Values = Readonly<Record<string, unknown>>;

/** Parameters that agents judge by themselves, and that belong to what a cursor is for. */
const filters = ['filter', 'priority', 'grep', 'stream', 'identifier', 'kernel', 'boot', 'component'] as const;
/** Those of the scope: where tasks are read the gateway has resolved them. */
const nodeScopes = ['framework', 'container'] as const;
const clusterScopes = ['agent', 'task', 'service', 'label'] as const;
/** What is shown, which a cursor does not depend on. */
const shows = ['fields', 'output', 'raw'] as const;

/** How often a quiet agent tells its clock while it is followed, and how far it has looked while it searches; in ms. */
const clockPeriod = 50;
const searchPeriod = 100;

/** How far ahead an agent's clock may be for what it wrote to be looked for, in ms. */
const furthestAhead = 60 * 60_000;

export interface Period {
  /** µs since 1970. */
  readonly since: number | undefined;
  readonly until: number | undefined;
}

/**
 * The period of a query, its relative times resolved.
 *
 * @param now µs since 1970
 * @throws CodedError
 */
export function periodOf({ since, until }: { readonly since?: string; readonly until?: string }, now: number): Period {
  const read = (name: string, text: string | undefined): number | undefined => {
    if (text === undefined) return undefined;
    try {
      return parseTime(text, now);
    } catch (error) {
      if (!(error instanceof TimeFormatError)) throw error;
      throw new CodedError('bad-parameter', { problem: `Parameter ${name}: ${error.message}.` });
    }
  };
  return { since: read('since', since), until: read('until', until) };
}

/** What every agent is asked of a query: its filters, its period, and the parts of its scope that agents know of. */
export function agentFilters(query: Values, { since, until }: Period, byTask: boolean): URLSearchParams {
  const asked = new URLSearchParams();
  copy(query, filters, asked);
  if (!byTask) copy(query, nodeScopes, asked);
  if (since !== undefined) asked.set('since', absoluteTime(since));
  if (until !== undefined) asked.set('until', absoluteTime(until));
  return asked;
}

/** What an agent is asked for its line stream, from where it goes on. */
export function linesQuery(
  base: URLSearchParams,
  query: Values,
  { payload }: EntryWriter,
  order: Order,
  { resume, reachedAt }: Pick<LanePlan, 'resume' | 'reachedAt'>,
  live: boolean,
): URLSearchParams {
  const asked = new URLSearchParams(base);
  copy(query, shows, asked);
  asked.set('format', 'lines');
  asked.set('payload', payload);
  if (live) {
    asked.set('watermarks', String(clockPeriod));
  } else {
    asked.set('order', order);
    asked.set('limit', 'all');
    if (filters.some((name) => query[name] !== undefined)) asked.set('watermarks', String(searchPeriod));
  }
  if ('position' in resume) asked.set('cursor', positionText(resume.position));
  else if (resume.from !== undefined) {
    asked.set('from', String(resume.from));
    if (reachedAt !== undefined && order === 'asc') asked.set('from_age', String(ageOf(reachedAt, resume.from)));
  } else if (live) asked.set('from', '0');
  return asked;
}

/**
 * How long ago a place was reached, in ms. Clocks of gateways differ; and what the reader gave back as a cursor is not to make agents
 * look through their journals: nobody reaches a time long before it comes.
 */
function ageOf(reachedAt: number, from: number): number {
  const now = Date.now();
  const most = Math.max(0, now - Math.floor(from / 1_000)) + furthestAhead;
  return Math.min(most, Math.max(0, now - Math.floor(reachedAt / 1_000)));
}

/** 32 bits of what a cursor is for: scope and filters as they stand in the query, whatever their order. Times stand in it. */
export function queryHash(query: Values): number {
  const names = [...filters, ...nodeScopes, ...clusterScopes].sort();
  const meant = names.map((name) => {
    const value = query[name];
    return [name, Array.isArray(value) ? [...value].sort() : (value ?? null)];
  });
  return createHash('sha256').update(JSON.stringify(meant)).digest().readUInt32BE(0);
}

function copy(from: Values, names: readonly string[], to: URLSearchParams): void {
  for (const name of names) {
    const value = from[name];
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) to.append(name, String(one));
  }
}
