import { isUtf8 } from 'node:buffer';
import {
  defaultBudget,
  defaultLimit,
  type NodeFieldQuery,
  type NodeHistogramQuery,
  parseDuration,
  TimeFormatError,
} from '@clusterlog/shared';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { mostBuckets, noPriority } from '../journal/counts.ts';
import { listBoots } from '../read/boots.ts';
import { journalShown } from '../read/redacted-journal.ts';
import { malformed } from '../read/v3-filter.ts';
import { selectV3 } from '../read/v3-selection.ts';
import { clientGone } from './client-gone.ts';
import type { V3Context } from './v3-context.ts';

/** Steps that a length of time is divided into where nothing is said, about. */
const usualBuckets = 100;
const niceBuckets = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400].map(
  (seconds) => seconds * 1e6,
);
const hour = 3600e6;

/** `GET /v3/fields/{field}`: the values of a field among the entries selected, and how often each occurs. */
export async function answerField(context: V3Context, request: FastifyRequest, reply: FastifyReply, field: string) {
  const query = request.query as NodeFieldQuery;
  const { limit = defaultLimit, budget = defaultBudget } = query;
  const signal = clientGone(reply);
  const { match, withheld } = await selectV3(context.journal, query, request.scope, signal);
  if (withheld.has(field)) return { field, completeness: 'exact' as const, distinct: 0, values: [] };
  const journal = journalShown(context.journal, request.scope);
  const counts = await journal.valueCounts(field, match, { signal, milliseconds: budget * 1000 });
  const values = counts.values.slice(0, limit).map(({ value, entries }) => ({ value: shownValue(value), entries }));
  return { field, completeness: counts.completeness, distinct: counts.values.length, values };
}

/** `GET /v3/histogram`: how many of the entries selected lie in each step of time, by priority. */
export async function answerHistogram(context: V3Context, request: FastifyRequest, reply: FastifyReply) {
  const query = request.query as NodeHistogramQuery;
  const signal = clientGone(reply);
  const selection = await selectV3(context.journal, query, request.scope, signal);
  const to = selection.until ?? Date.now() * 1000;
  const from = selection.since ?? to - hour;
  if (from >= to) throw malformed('Parameters since and until: expected since to be before until.');
  const bucket = query.bucket === undefined ? usualBucket(to - from) : lengthOf(query.bucket);
  if ((to - from) / bucket > mostBuckets) {
    throw malformed(
      `Parameter bucket: expected one that makes at most ${mostBuckets} buckets, found ${Math.ceil((to - from) / bucket)}.`,
    );
  }
  const milliseconds = (query.budget ?? defaultBudget) * 1000;
  const journal = journalShown(context.journal, request.scope);
  const histogram = await journal.histogram(selection.match, { from, to, bucket }, { signal, milliseconds });
  const { completeness } = histogram;
  const isWithheld = selection.withheld.has('PRIORITY');
  const buckets = histogram.buckets.map((counts) => (isWithheld ? withoutPriorities(counts) : [...counts]));
  return { from, to, bucket, completeness, buckets };
}

/** `GET /v3/boots`: the boots of which there are entries that may be read. */
export async function answerBoots(context: V3Context, request: FastifyRequest, reply: FastifyReply) {
  const signal = clientGone(reply);
  const { match, withheld } = await selectV3(context.journal, request.query as object, request.scope, signal);
  return { boots: withheld.has('_BOOT_ID') ? [] : await listBoots(context.journal, match, signal) };
}

function shownValue(value: Buffer): string | { base64: string } {
  return isUtf8(value) ? value.toString('utf8') : { base64: value.toString('base64') };
}

function usualBucket(length: number): number {
  const nice = niceBuckets.find((bucket) => length / bucket <= usualBuckets);
  return nice ?? Math.ceil(length / usualBuckets / 86_400e6) * 86_400e6;
}

function lengthOf(text: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    if (!(error instanceof TimeFormatError)) throw error;
    throw malformed(`Parameter bucket: ${error.message}.`);
  }
}

/** How urgent an entry is is told by a withheld field. */
function withoutPriorities(counts: readonly number[]): number[] {
  const sums = new Array<number>(noPriority + 1).fill(0);
  sums[noPriority] = counts.reduce((sum, count) => sum + count, 0);
  return sums;
}
