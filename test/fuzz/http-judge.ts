import { errorTable } from '@clusterlog/shared';
import type { End } from '../conformance/raw-exchange.ts';
import type { Answer } from '../docs/api-description.ts';
import type { DescribedRoute } from './http-descriptions.ts';

/** An answer, or what came in its place. */
export interface Outcome {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
  readonly end: End | undefined;
  /** Bytes behind the end of the answer. */
  readonly surplus: number;
  /** Until the head of the answer, or until the connection was closed without one, in milliseconds. */
  readonly patience: number;
}

/** What was asked of a server, as its answer is judged by. */
export interface Asked {
  readonly lines: readonly string[];
  /** Whether the connection was cut before the answer had ended. */
  readonly wasCut: boolean;
}

/** A server's description, as far as answers are held against it. */
export interface Describes {
  /** The route for a method and a path; undefined where there is none. */
  readonly routeOf: (method: string, path: string) => DescribedRoute | undefined;
  /** Paths of the pages for people, which no document describes. */
  readonly pages?: RegExp;
  /** Texts that no error may show: addresses of other servers, paths of the machine. */
  readonly secrets: readonly string[];
}

/** How long the head of an answer may take, in milliseconds. */
export const greatestPatience = 10_000;

/** Statuses of what is no request of any route: HTTP's own, and of paths that nobody serves. */
const withoutRoute: ReadonlySet<number> = new Set([400, 401, 404, 408, 413, 414, 417, 429, 431]);
/** Codes of errors that come before a route is looked for. */
const beforeRoutes: ReadonlySet<string> = new Set([
  'not-http',
  'bad-request-target',
  'headers-too-large',
  'request-timeout',
  'bad-request',
]);
const stack = /\n\s+at .+:\d+:\d+|node_modules|\/packages\/|\.ts:\d+|TypeError|RangeError|ECONN|EACCES|ENOENT/;

/** What is wrong with an answer, whatever was asked; empty when it is as promised. */
export function problemsOf({ lines, wasCut }: Asked, outcome: Outcome, described: Describes): string[] {
  const { status, headers, body, end, surplus, patience } = outcome;
  const problems: string[] = [];
  if (patience > greatestPatience) problems.push(`the head of the answer took ${patience.toFixed(0)} ms`);
  if (status === 0) return [...problems, ...(mayHangUp(lines) ? [] : ['closed without an answer'])];
  // What could not be read as a request is answered with a body, whatever its method seemed to be.
  const isUnread = status === 400 && lines[0]?.startsWith('HEAD ');
  if (surplus > 0 && isUnread !== true) problems.push(`${surplus} bytes behind the answer`);
  if (end === 'cut' && !wasCut) problems.push('the answer was cut');
  const names = headers.map(([name]) => name);
  if (names.includes('injected')) problems.push('a header of the answer was written by the request');
  const type = headerOf(headers, 'content-type').replace(/;.*/, '');
  if (status >= 500 && status !== 503) problems.push(`status ${status}`);
  if ((status === 503 || status === 429) && !/^\d+$/.test(headerOf(headers, 'retry-after')))
    problems.push(`status ${status} without Retry-After`);
  const text = body.toString('latin1');
  if (status >= 400) {
    if (stack.test(withoutEcho(text))) problems.push('an error tells of the inside of the server');
    for (const secret of described.secrets) if (text.includes(secret)) problems.push(`an error tells ${secret}`);
    if (headerOf(headers, 'x-request-id') === '' && status !== 417) problems.push('an error without a request id');
  }
  const [method = '', target = ''] = lines[0]?.split(' ') ?? [];
  const isProblem = type === 'application/problem+json' && end === 'whole' && method !== 'HEAD';
  const problem = isProblem ? problemIn(body) : undefined;
  if (typeof problem === 'string') problems.push(problem);
  const path = target.replace(/\?.*/s, '');
  const route = described.routeOf(method, path);
  // Of two Hosts, too, where a route speaks other words than problem details.
  const isNoRequest = status === 400 && text.startsWith(errorTable['not-http'].sentence);
  const code = isNoRequest ? 'not-http' : typeof problem === 'object' ? problem.code : '';
  if (route === undefined || method === 'HEAD') {
    const isPage = described.pages?.test(path) === true && (status === 200 || status === 302);
    if (!isPage && !withoutRoute.has(status)) problems.push(`status ${status} where nothing is documented`);
  } else if (end === 'whole' && !wasCut && !beforeRoutes.has(code)) {
    const difference = whatDiffers(route, { status, type, body });
    if (difference !== undefined && !(status === 417 && body.length === 0)) problems.push(difference);
  }
  return problems;
}

function whatDiffers(route: DescribedRoute, answer: Answer): string | undefined {
  try {
    return route.differenceFrom(answer);
  } catch (error) {
    return `status ${answer.status} as ${answer.type}: ${(error as Error).message}`;
  }
}

function problemIn(body: Buffer): { code: string } | string {
  try {
    const { code, status } = JSON.parse(body.toString()) as { code: string; status: number };
    if (!Object.hasOwn(errorTable, code)) return `unknown error code ${code}`;
    return errorTable[code as keyof typeof errorTable].status === status ? { code } : `${code} with status ${status}`;
  } catch {
    return 'problem details that are no JSON';
  }
}

/** dcos-log's errors repeat the request, which may say anything. */
function withoutEcho(text: string): string {
  return text.replace(/\[request URI: [\s\S]*\]\n?$/, '').replace(/There is nothing at .*/, '');
}

function headerOf(headers: Outcome['headers'], name: string): string {
  return headers.find(([one]) => one === name)?.[1] ?? '';
}

/** CONNECT is for proxies: Node hangs up. */
function mayHangUp(lines: readonly string[]): boolean {
  return lines[0]?.startsWith('CONNECT ') ?? false;
}
