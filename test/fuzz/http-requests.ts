import { Random } from '../fixtures/random.ts';
import { hostileHeader, hostileText, nearlyValid, type ValueSchema, validValue } from './http-values.ts';

/** The `Host` of valid requests. */
export const fuzzedHost = 'cluster.example';

/** A route as requests are made from it. */
export interface FuzzedRoute {
  readonly method: 'GET' | 'POST';
  /** As in an OpenAPI document: `/v1/fields/{field}`. */
  readonly path: string;
  readonly parameters: readonly FuzzedParameter[];
  /** Its answer has no end, or has none when Accept asks for events. */
  readonly isEndless: boolean;
  /** What stands for its path parameters, and for query parameters of any text, where something is to be found. */
  readonly values: Readonly<Record<string, string>>;
  /** Credentials, one of which each valid request carries; none where nobody is asked for any. */
  readonly credentials: readonly string[];
  /** Values of cursors that were given by this server, of every kind. */
  readonly cursors: readonly string[];
  /** Headers without which it is refused. */
  readonly headers: Pairs;
  /** Bodies of a POST, with their media types. */
  readonly bodies: readonly { readonly type: string; readonly bytes: Buffer }[];
}

export interface FuzzedParameter {
  readonly name: string;
  /** `path`, `query` or `header`. */
  readonly in: string;
  readonly required?: boolean;
  readonly schema?: ValueSchema;
}

/** A request, and how long its answer is read. */
export interface FuzzRequest {
  readonly lines: readonly string[];
  readonly body: Buffer;
  /** The connection is cut so many milliseconds after the head of the answer; undefined: never. */
  readonly cutAfter: number | undefined;
}

/** Query parameters as name and value, before they are encoded. */
type Pairs = [name: string, value: string][];

interface Draft {
  method: string;
  segments: string[];
  query: Pairs;
  headers: Pairs;
  body: Buffer;
  /** How query values are written. */
  encode: (text: string) => string;
  target: (target: string) => string;
}

/** The request of a seed: valid, nearly valid or hostile. The same seed makes the same request of the same routes. */
export function requestOf(seed: number, routes: readonly FuzzedRoute[]): { route: FuzzedRoute; request: FuzzRequest } {
  const random = new Random(seed);
  random.next();
  const route = random.pick(routes);
  const draft = validDraft(route, random);
  const kind = random.below(10);
  const changes = kind < 3 ? 0 : kind < 7 ? 1 : 2 + random.below(3);
  for (let change = 0; change < changes; change++) random.pick(mutations)(draft, random, route);
  return { route, request: written(draft, cutOf(route, random)) };
}

function cutOf({ isEndless }: FuzzedRoute, random: Random): number | undefined {
  if (isEndless) return random.pick([0, 0, 0, 5, 20, 100, 300]);
  return random.below(8) === 0 ? random.pick([0, 1, 5, 20]) : undefined;
}

function validDraft(route: FuzzedRoute, random: Random): Draft {
  const query: Pairs = [];
  const headers: Pairs = route.headers.map(([name, value]) => [name, value]);
  for (const { name, in: place, required = false, schema = {} } of route.parameters) {
    if (place === 'path' || (!required && random.below(4) > 0)) continue;
    const value = route.values[name] ?? validValue(name, schema, random, route.cursors);
    (place === 'query' ? query : headers).push([name, value]);
  }
  if (random.below(3) === 0) headers.push(['accept', validValue('accept', {}, random, [])]);
  if (route.credentials.length > 0) headers.push(['Authorization', random.pick(route.credentials)]);
  const body = route.bodies.length === 0 ? undefined : random.pick(route.bodies);
  if (body !== undefined) headers.push(['content-type', body.type]);
  return {
    method: route.method,
    segments: route.path.split('/').map((segment) => filled(segment, route.values)),
    query,
    headers,
    body: body?.bytes ?? Buffer.alloc(0),
    encode: encodeURIComponent,
    target: (target) => target,
  };
}

function filled(segment: string, values: Readonly<Record<string, string>>): string {
  return encodeURIComponent(segment.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? name));
}

type Mutation = (draft: Draft, random: Random, route: FuzzedRoute) => void;

const mutations: readonly Mutation[] = [
  // A query value that is nearly what it should be.
  ({ query }, random) => change(query, random, (value) => nearlyValid(value, random)),
  ({ query }, random) => change(query, random, (value) => nearlyValid(value, random)),
  ({ query }, random) => change(query, random, () => hostileText(random)),
  // A parameter of the route, with something that was not made for it.
  ({ query }, random, { parameters }) => {
    const inQuery = parameters.filter((one) => one.in === 'query');
    if (inQuery.length > 0) query.push([random.pick(inQuery).name, hostileText(random)]);
  },
  // A cursor of this server, whole or nearly.
  ({ query, headers }, random, { cursors }) => {
    if (cursors.length === 0) return;
    const cursor = random.pick(cursors);
    const value = random.below(3) === 0 ? cursor : nearlyValid(cursor, random);
    if (random.below(2) === 0) query.push(['cursor', value]);
    else headers.push(['last-event-id', value]);
  },
  // The same once more; in another spelling; unknown; many.
  ({ query }, random) => {
    if (query.length > 0) query.push([...random.pick(query)]);
  },
  ({ query }, random) => {
    const one = query.length > 0 ? random.pick(query) : undefined;
    if (one !== undefined) one[0] = random.pick([one[0].toUpperCase(), `${one[0]}[]`, `${one[0]}[0]`, ` ${one[0]}`]);
  },
  ({ query }, random) => query.push([hostileText(random).slice(0, 100), hostileText(random)]),
  ({ query }, random) => {
    const [name, value] = query[0] ?? ['filter', 'A:b'];
    for (let more = random.below(400); more > 0; more--) query.push([name, value]);
  },
  // Segments of the path.
  ({ segments }, random) => {
    const at = 1 + random.below(segments.length - 1);
    segments[at] = encodeURIComponent(nearlyValid(decoded(segments[at] ?? ''), random).toWellFormed());
  },
  ({ segments }, random) => {
    segments[1 + random.below(segments.length - 1)] = encodeURIComponent(hostileText(random).toWellFormed());
  },
  ({ segments }, random) => {
    const trick = random.pick(['..', '.', '', '%2e%2e', '%2f', '%5c', '%252f', '%', '%zz', '%c0%af', '%00', ';x']);
    segments.splice(1 + random.below(segments.length), 0, trick);
  },
  ({ segments }, random) => void segments.splice(1 + random.below(segments.length - 1), 1),
  // How things are written.
  (draft, random) => {
    draft.encode = random.pick<(text: string) => string>([
      (text) => encodeURIComponent(encodeURIComponent(text)),
      (text) => text.replace(/[\s#&%]/g, ''),
      (text) => encodeURIComponent(text).replaceAll('%20', '+'),
      (text) => Buffer.from(text).toString('hex').replace(/../g, '%$&'),
      (text) => encodeURIComponent(text).replace(/%(..)$/, '%$1%c3'),
    ]);
  },
  (draft, random) => {
    draft.target = random.pick<(target: string) => string>([
      (target) => `http://other.example${target}`,
      (target) => `//other.example${target}`,
      (target) => `${target}#x`,
      (target) => `${target}?x`,
      (target) => `/${target}`,
      (target) => `${target}/`,
      (target) => `${target}%`,
      (target) => target.toUpperCase(),
      (target) => target.slice(1),
      (target) => `${target}é`,
      () => '*',
      () => 'other.example:443',
    ]);
  },
  (draft, random) => {
    draft.method = random.pick([
      ...['HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'CONNECT', 'PROPFIND', 'M-SEARCH', 'QUERY'],
      ...['get', 'GETT', 'PRI', 'G\u0000T', ''],
    ]);
  },
  // Headers.
  ({ headers }, random) => {
    const names = ['accept', 'range', 'last-event-id', 'cookie', 'x-request-id', 'traceparent', 'user-agent', 'host'];
    const name = random.pick([...names, 'if-none-match', 'x-forwarded-for', 'x-real-ip', 'accept-encoding', 'origin']);
    headers.push([name, hostileHeader(name, random).slice(0, random.pick([100, 5_000, 100_000]))]);
  },
  ({ headers }, random) => change(headers, random, (value) => nearlyValid(value, random)),
  ({ headers }, random) => {
    if (headers.length > 0) headers.push([...random.pick(headers)]);
  },
  ({ headers }, random) => {
    headers.push(
      random.pick<Pairs[number]>([
        ['Expect', '100-continue'],
        ['Expect', 'x'],
        ['Upgrade', 'websocket'],
        ['Upgrade', 'h2c'],
        ['Connection', 'authorization, x-request-id'],
        ['TE', 'trailers, deflate;q=0.5'],
        ['X-HTTP-Method-Override', 'DELETE'],
        ['dcos-forwarded', 'true'],
        ['Sec-Fetch-Site', 'cross-site'],
        ['Accept-Encoding', 'gzip, br, *;q=0'],
        ['Content-Encoding', 'gzip'],
        ['If-Modified-Since', 'x'],
      ]),
    );
  },
  ({ headers }, random) => {
    for (let more = random.below(300); more > 0; more--) headers.push([`x-${more}`, 'y'.repeat(random.below(200))]);
  },
  // Credentials: none, another's, in another place.
  ({ headers }, random) => {
    const at = headers.findIndex(([name]) => name === 'Authorization');
    if (at === -1) return;
    const [, value = ''] = headers[at] ?? [];
    const other = random.pick([
      undefined,
      nearlyValid(value, random),
      value.replace(/^\S+ |^token=/, ''),
      'Basic eDp5',
      'token=',
    ]);
    headers.splice(at, 1);
    if (other !== undefined) headers.push(['Authorization', other]);
  },
  // Bodies where none is wanted, and other ones where one is.
  (draft, random) => {
    draft.body = Buffer.from(
      random.pick(['x', '{}', '{"type":"GET_STATE"}', 'x'.repeat(100_000), '[[[['.repeat(5_000)]),
    );
  },
  (draft, random) => {
    const { body } = draft;
    if (body.length === 0) return;
    const changed = Buffer.from(body.subarray(0, random.below(2) === 0 ? body.length : random.below(body.length)));
    if (changed.length > 0) changed[random.below(changed.length)] = random.below(256);
    draft.body = changed;
  },
  ({ headers }, random) => {
    const at = headers.findIndex(([name]) => name === 'content-type');
    const type = random.pick([
      '',
      'text/plain',
      'application/json; charset=utf-16',
      'application/x-protobuf',
      'x',
      '/',
    ]);
    if (at >= 0) headers[at] = ['content-type', type];
    else headers.push(['content-type', type]);
  },
];

/** A segment's text; the segment itself where it cannot be decoded any more. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function change(pairs: Pairs, random: Random, to: (value: string) => string): void {
  const one = pairs.length > 0 ? random.pick(pairs) : undefined;
  if (one !== undefined) one[1] = to(one[1]);
}

function written({ method, segments, query, headers, body, encode, target }: Draft, cutAfter: number | undefined) {
  const text = query.map(([name, value]) => `${encode(name.toWellFormed())}=${encode(value.toWellFormed())}`).join('&');
  const path = segments.join('/');
  const lines = [
    `${method} ${target(text === '' ? path : `${path}?${text}`)} HTTP/1.1`,
    `Host: ${fuzzedHost}`,
    'Connection: close',
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(body.length === 0 ? [] : [`Content-Length: ${body.length}`]),
  ];
  return { lines, body, cutAfter };
}
