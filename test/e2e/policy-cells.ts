import { constants, gunzipSync } from 'node:zlib';
import { RawExchange } from '../conformance/raw-exchange.ts';
import type { Asker, PolicyWorld } from './policy-world.ts';

/** What stands before `/v1/…`, `/v2/…` and `/v3/…` on a gateway. */
export const logs = '/system/v1/logs';

export interface Answer {
  readonly status: number;
  readonly text: string;
}

export interface Question {
  /** Sent as it stands. */
  readonly target: string;
  /** The value of `Authorization`; empty: none. */
  readonly authorization: string;
  readonly headers?: readonly string[];
  /** Makes it a POST. */
  readonly body?: Buffer;
  /** Read no longer than until this holds, or the answer has ended: for answers that have no end. */
  readonly until?: (text: string) => boolean;
  /** Read no longer than so many milliseconds behind its head. */
  readonly longest?: number;
}

const asFarAsItIsThere = { finishFlush: constants.Z_SYNC_FLUSH };

/** Asks a gateway, and reads what it answers. */
export async function askGateway(origin: string, question: Question): Promise<Answer> {
  const { target, authorization, headers = [], body, until, longest } = question;
  const lines = [
    `${body === undefined ? 'GET' : 'POST'} ${target} HTTP/1.1`,
    'Host: cluster.example',
    ...(authorization === '' ? [] : [`Authorization: ${authorization}`]),
    'Connection: close',
    ...headers,
    ...(body === undefined ? [] : [`Content-Length: ${body.length}`]),
  ];
  const exchange = await RawExchange.open({ origin, lines, body, interim: 'skip' });
  const timer = longest === undefined ? undefined : setTimeout(() => exchange.close(), longest);
  try {
    await exchange.until(({ end, text }) => end !== undefined || until?.(text) === true);
  } finally {
    clearTimeout(timer);
    exchange.close();
  }
  // Downloads are files of gzip.
  const isGzip = exchange.body[0] === 0x1f && exchange.body[1] === 0x8b;
  return {
    status: exchange.status,
    text: (isGzip ? gunzipSync(exchange.body, asFarAsItIsThere) : exchange.body).toString(),
  };
}

/** The entries that an answer shows, by name. */
export function marksOf(text: string): string[] {
  return [...new Set([...text.matchAll(/mark-([a-z0-9-]+)-end/g)].map(([, name = '']) => name))].sort();
}

/** What is wrong with an answer, whatever was asked. */
export function leaksOf({ entries }: PolicyWorld, asker: Asker, { status, text }: Answer): string[] {
  const problems: string[] = [];
  if (status >= 500) problems.push(`status ${status}`);
  if (!asker.seesSecrets && text.includes('pw-') && status < 300) problems.push('a password');
  for (const entry of entries) {
    if (asker.reads(entry)) continue;
    if (text.includes(`mark-${entry.name}-end`)) problems.push(`an entry of ${entry.name}`);
    // What was refused may repeat the name that was asked for.
    if (entry.task !== undefined && status < 300 && text.includes(entry.task.id))
      problems.push(`the id of ${entry.name}`);
  }
  return problems;
}

/** Goes through cells, some at a time; returns what was wrong, each with its cell. */
export async function failuresOf<Cell>(
  cells: readonly Cell[],
  check: (cell: Cell) => Promise<string[]>,
): Promise<string[]> {
  const failures: string[] = [];
  const rest = cells[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (const cell of rest) failures.push(...(await check(cell)));
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return failures;
}
