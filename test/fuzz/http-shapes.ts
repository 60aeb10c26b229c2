/** What stands in a shape's bytes for the requests that are told from one another at the agent. */
export interface ShapeParts {
  /** Request line's target of the request that is meant. */
  readonly target: string;
  /** `Authorization: …` of a caller who may ask for it. */
  readonly authorization: string;
  /** A whole request that must never be one: it asks for what the agent would know it by. */
  readonly smuggled: string;
}

/** Bytes that two servers could take for different requests, or no requests at all. */
export interface Shape {
  readonly name: string;
  readonly bytes: (parts: ShapeParts) => string;
  /**
   * How many requests these bytes are: each is answered once, and so is what follows. `refused`: they are none; one error at
   * most is answered, and the connection closed.
   */
  readonly is: number | 'refused';
  /**
   * What they are to nginx, where that differs: it takes a bare LF for the end of a line, which RFC 9112 section 2.2 allows, and leaves out
   * headers whose names are none. What it hands on is framed anew, so that the gateway reads the same.
   */
  readonly toNginx?: number | 'refused';
}

type Head = (parts: ShapeParts, ...headers: readonly string[]) => string;

const get: Head = ({ target, authorization }, ...headers) =>
  [`GET ${target} HTTP/1.1`, 'Host: cluster.example', authorization, ...headers, '', ''].join('\r\n');
const post: Head = ({ authorization }, ...headers) =>
  ['POST /mesos/api/v1 HTTP/1.1', 'Host: cluster.example', authorization, ...headers, '', ''].join('\r\n');

const withLine = (line: string, { target, authorization }: ShapeParts): string =>
  [line.replace('{target}', target), 'Host: cluster.example', authorization, '', ''].join('\r\n');

const call = '{"type":"GET_AGENTS"}';
const json = 'Content-Type: application/json';
const chunks = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;

/** Both ways to say how long a body is, for two servers to choose from. */
const lengths: readonly Shape[] = [
  ...[
    ['before', (length: number) => [`Content-Length: ${length}`, 'Transfer-Encoding: chunked']] as const,
    ['behind', (length: number) => ['Transfer-Encoding: chunked', `Content-Length: ${length}`]] as const,
  ].flatMap(([where, headers]): Shape[] => [
    {
      name: `Content-Length ${where} Transfer-Encoding, on a GET`,
      bytes: (parts) => {
        const body = `0\r\n\r\n${parts.smuggled}`;
        return `${get(parts, ...headers(body.length))}${body}`;
      },
      is: 'refused',
    },
    {
      name: `Content-Length ${where} Transfer-Encoding, on a POST, and only a part of the body`,
      bytes: (parts) => `${post(parts, json, ...headers(4))}${chunks(parts.smuggled)}`,
      is: 'refused',
    },
  ]),
  ...[
    'Content-Length: 5\r\nContent-Length: 0',
    'Content-Length: 0\r\nContent-Length: 5',
    'Content-Length: 5, 0',
    'Content-Length: +5',
    'Content-Length: -5',
    'Content-Length: 0x5',
    'Content-Length: 5e0',
    'Content-Length: 5 5',
    'Content-Length: 5\u000b',
    'Content-Length: 18446744073709551621',
    'Content-Length: 99999999999999999999999999',
    'Content-Length: ',
    'Content-Length : 5',
    'Content-Length\t: 5',
    'Content-Length: 5\r\n 0',
  ].map(
    (headers): Shape => ({
      name: JSON.stringify(headers),
      bytes: (parts) => `${get(parts, headers)}xxxxx${parts.smuggled}`,
      is: 'refused',
    }),
  ),
];

const encodings: readonly Shape[] = [
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding: identity, chunked, x',
  'Transfer-Encoding: "chunked"',
  'Transfer-Encoding: chunked;q=1',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding\t: chunked',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: x',
  'Transfer-Encoding: x\nTransfer-Encoding: chunked',
  'X: x\nTransfer-Encoding: chunked',
  'X: x\rTransfer-Encoding: chunked',
  'X: x\r\n Transfer-Encoding: chunked',
  'X: x\r\n\tTransfer-Encoding: chunked',
  'Transfer-Encoding:\r\n chunked',
  'Transfer-Encoding: \0chunked',
  'Transfer-Encoding: chunked\0',
  'Transfer-Encoding: \u000bchunked',
  'Transfer-Encoding: ch\u00c0unked',
  '\0Transfer-Encoding: chunked',
  'Transfer Encoding: chunked',
].map((headers) => ({
  name: JSON.stringify(headers),
  bytes: (parts) => `${get(parts, headers)}0\r\n\r\n${parts.smuggled}`,
  is: 'refused',
}));

const chunked: readonly Shape[] = [
  ['a bare LF behind a size', (inner: string) => `5\nxxxxx\r\n0\r\n\r\n${inner}`],
  ['a bare LF behind data', (inner: string) => `5\r\nxxxxx\n0\r\n\r\n${inner}`],
  ['a bare CR behind a size', (inner: string) => `5\rxxxxx\r\n0\r\n\r\n${inner}`],
  ['a size below nothing', (inner: string) => `-1\r\n${inner}`],
  ['a size with a sign', (inner: string) => `+5\r\nxxxxx\r\n0\r\n\r\n${inner}`],
  ['a size with a prefix', (inner: string) => `0x5\r\nxxxxx\r\n0\r\n\r\n${inner}`],
  ['a size without digits', (inner: string) => `\r\n${inner}`],
  ['a size of 17 digits', (inner: string) => `10000000000000005\r\nxxxxx\r\n0\r\n\r\n${inner}`],
  ['a space before a size', (inner: string) => ` 5\r\nxxxxx\r\n0\r\n\r\n${inner}`],
  ['more data than its size', (inner: string) => `3\r\nxxxxx\r\n0\r\n\r\n${inner}`],
  ['a NUL in an extension', (inner: string) => `5;a=\0\r\nxxxxx\r\n0\r\n\r\n${inner}`],
  ['a bare LF in an extension', (inner: string) => `5;a\nb\r\nxxxxx\r\n0\r\n\r\n${inner}`],
].map(([name, body]) => ({
  name: `a chunk with ${name as string}`,
  bytes: (parts) => `${get(parts, 'Transfer-Encoding: chunked')}${(body as (inner: string) => string)(parts.smuggled)}`,
  is: 'refused',
}));

const heads: readonly Shape[] = [
  ...[
    ': x',
    'no colon',
    'a b: x',
    'a\0b: x',
    'a: x\0y',
    'a: x\ry',
    'a\u00e9: x',
    'a(b): x',
    'a: x\r\n folded',
    ' leading: x',
    'Host: other.example',
    'a: x\n\nGET / HTTP/1.1',
  ].map(
    (header): Shape => ({
      name: `the header line ${JSON.stringify(header)}`,
      bytes: (parts) => get(parts, header),
      is: 'refused',
    }),
  ),
  ...[
    'GET {target}',
    'GET {target} HTTP/0.9',
    'GET {target} HTTP/2.0',
    'GET {target} HTTP/3',
    'GET {target} HTTP/1.10',
    'GET {target} HTTP/01.1',
    'GET {target} http/1.1',
    'GET {target} XTTP/1.1',
    'GET\t{target} HTTP/1.1',
    'GET {target}\tHTTP/1.1',
    'GET {target} HTTP/1.1 x',
    'GET {target} x HTTP/1.1',
    ' GET {target} HTTP/1.1',
    'GET\0 {target} HTTP/1.1',
    'GET {target}\0 HTTP/1.1',
    'GET {target}\rX HTTP/1.1',
    'get {target} HTTP/1.1',
    'GET  HTTP/1.1',
    'PRI * HTTP/2.0',
    'GET cluster.example:443 HTTP/1.1',
    'GET \\{target} HTTP/1.1',
    'CONNECT cluster.example:443 HTTP/1.1',
    'CONNECT {target} HTTP/1.1',
    '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003',
  ].map(
    (line): Shape => ({
      name: `the request line ${JSON.stringify(line)}`,
      bytes: (parts) => withLine(line, parts),
      is: 'refused',
    }),
  ),
  {
    name: 'a request of HTTP/0.9',
    bytes: ({ target }) => `GET ${target}\r\n`,
    is: 'refused',
  },
  {
    name: 'lines that end with LF alone',
    bytes: (parts) => get(parts).replaceAll('\r\n', '\n'),
    is: 'refused',
  },
  {
    name: 'lines that end with CR alone',
    bytes: (parts) => `${get(parts).replaceAll('\r\n', '\r')}\r\n\r\n`,
    is: 'refused',
  },
  {
    name: 'no Host',
    bytes: (parts) => get(parts).replace('Host: cluster.example\r\n', ''),
    is: 'refused',
  },
  {
    name: 'headers of 70,000 bytes',
    bytes: (parts) => get(parts, `x: ${'y'.repeat(70_000)}`),
    is: 'refused',
  },
  {
    name: '5,000 headers',
    bytes: (parts) => get(parts, ...Array.from({ length: 5_000 }, (_, index) => `x-${index}: ${'y'.repeat(10)}`)),
    is: 'refused',
  },
];

/** What is a request, though it looks like more, or like less. */
const lawful: readonly Shape[] = [
  ...[
    'GET  {target} HTTP/1.1',
    'GET http://other.example{target} HTTP/1.1',
    'GET https://other.example:99999{target} HTTP/1.1',
    'GET //other.example{target} HTTP/1.1',
    'TRACE {target} HTTP/1.1',
  ].map((line): Shape => ({ name: `the request line ${line}`, bytes: (parts) => withLine(line, parts), is: 1 })),
  {
    name: 'a GET with a body that looks like a request',
    bytes: (parts) => `${get(parts, `Content-Length: ${parts.smuggled.length}`)}${parts.smuggled}`,
    is: 1,
  },
  {
    name: 'a GET with chunks that look like a request',
    bytes: (parts) => `${get(parts, 'Transfer-Encoding: chunked')}${chunks(parts.smuggled)}`,
    is: 1,
  },
  {
    name: 'a GET with an empty body in chunks',
    bytes: (parts) => `${get(parts, 'Transfer-Encoding: chunKED')}0\r\n\r\n`,
    is: 1,
  },
  {
    name: 'a POST with a body that looks like a request',
    bytes: (parts) => `${post(parts, json, `Content-Length: ${parts.smuggled.length}`)}${parts.smuggled}`,
    is: 1,
  },
  {
    name: 'a POST in chunks with extensions and trailers',
    bytes: (parts) =>
      `${post(parts, json, 'Transfer-Encoding: chunked')}${call.length.toString(16)};a=b\r\n${call}\r\n0\r\nAuthorization: x\r\nX: y\r\n\r\n`,
    is: 1,
  },
  {
    name: 'an upgrade to h2c',
    bytes: (parts) =>
      get(parts, 'Upgrade: h2c', 'Connection: Upgrade, HTTP2-Settings', 'HTTP2-Settings: AAMAAABkAAQAAP__'),
    is: 1,
  },
  {
    name: 'an upgrade to a WebSocket',
    bytes: (parts) =>
      get(
        parts,
        'Upgrade: websocket',
        'Connection: Upgrade',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
      ),
    is: 1,
  },
  {
    name: 'header names with underscores',
    bytes: (parts) => get(parts, 'Content_Length: 5', 'Transfer_Encoding: chunked'),
    is: 1,
  },
  {
    name: 'headers that name the gateway’s own',
    bytes: (parts) =>
      get(
        parts,
        'Connection: Authorization, Host, x-request-id',
        'X-Original-URL: /SMUGGLED',
        'X-HTTP-Method-Override: DELETE',
      ),
    is: 1,
  },
  {
    name: 'a HEAD with a body',
    bytes: (parts) => `${get(parts, 'Content-Length: 5').replace('GET', 'HEAD')}xxxxx`,
    is: 1,
  },
  { name: 'OPTIONS *', bytes: (parts) => get({ ...parts, target: '*' }).replace('GET', 'OPTIONS'), is: 1 },
  { name: 'three requests, one behind the other', bytes: (parts) => get(parts).repeat(3), is: 3 },
  {
    name: 'HTTP/1.0 that is to be kept',
    bytes: (parts) => get(parts, 'Connection: keep-alive').replace('HTTP/1.1', 'HTTP/1.0'),
    is: 1,
  },
];

/** By name, what nginx takes for so many requests. */
const nginxTakes: ReadonlyMap<string, number> = new Map([
  [JSON.stringify('X: x\nTransfer-Encoding: chunked'), 2],
  ['a chunk with a bare LF behind a size', 2],
  ['a chunk with a bare LF behind data', 2],
  ['a chunk with a NUL in an extension', 2],
  [`the header line ${JSON.stringify('a\u00e9: x')}`, 1],
  ['the header line "a(b): x"', 1],
  [`the header line ${JSON.stringify('a: x\n\nGET / HTTP/1.1')}`, 2],
  ['the request line "GET {target} HTTP/1.10"', 1],
  ['lines that end with LF alone', 1],
]);

export const shapes: readonly Shape[] = [...lengths, ...encodings, ...chunked, ...heads, ...lawful].map((shape) => {
  const toNginx = nginxTakes.get(shape.name);
  return toNginx === undefined ? shape : { ...shape, toNginx };
});
