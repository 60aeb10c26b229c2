import { type Authorization, authorized } from '@clusterlog/shared/server';
import { type Dispatcher, request } from 'undici';
import { parseLargeJson } from './large-json.ts';
import { isObject } from './shapes.ts';

/** A master's HTTP face: `base` is a URL as given by `--mesos-master`, perhaps with a path before Mesos' own. */
export interface MasterRequester {
  readonly dispatcher: Dispatcher;
  /** For masters; nothing else ever sees it. */
  readonly credential: Authorization | undefined;
  readonly signal: AbortSignal;
}

/** Time to the response headers: a busy master takes seconds to write the state of a large cluster. */
const HEADERS_TIMEOUT_MS = 30_000;
const BODY_TIMEOUT_MS = 30_000;
/** As much of an error's body as is worth repeating. */
const REASON_LENGTH = 200;
const MAX_STATE_BYTES = 512 * 1024 * 1024;
/** How deep tasks lie in `/state` (`frameworks[].tasks[]`), and agents in GET_AGENTS (`get_agents.agents[]`). */
const TASK_DEPTH = 4;
const AGENT_DEPTH = 3;

/** A master answered, with something else than what was asked for. */
export class MasterAnswer extends Error {
  override readonly name = 'MasterAnswer';
  readonly status: number;

  constructor(status: number, text: string) {
    const reason = text.replaceAll(/\s+/g, ' ').trim().slice(0, REASON_LENGTH);
    super(reason === '' ? `the master answered ${status}` : `the master answered ${status}: ${reason}`);
    this.status = status;
  }
}

/** A master that does not lead names the one that does. */
export class NotTheLeader extends Error {
  override readonly name = 'NotTheLeader';
  /** Origin of the leader, such as `http://10.0.0.7:5050`. */
  readonly leader: string;

  constructor(leader: string) {
    super(`the leading master is ${leader}`);
    this.leader = leader;
  }
}

/** Calls the v1 operator API; the body streams for SUBSCRIBE. Throws `NotTheLeader`, `MasterAnswer` or a network error. */
export async function callV1(
  base: string,
  type: string,
  via: MasterRequester,
  accept = 'application/json',
): Promise<Dispatcher.ResponseData> {
  const response = await authorized(via.credential, (authorization) =>
    request(urlOf(base, 'api/v1'), {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept, ...authorization },
      body: JSON.stringify({ type }),
      dispatcher: via.dispatcher,
      signal: via.signal,
      headersTimeout: HEADERS_TIMEOUT_MS,
      bodyTimeout: type === 'SUBSCRIBE' ? 0 : BODY_TIMEOUT_MS,
    }),
  );
  return await expectOk(response, base, 'api/v1');
}

/** The list of agents, with the time it was asked for. */
export async function getAgents(base: string, via: MasterRequester): Promise<unknown> {
  const { body } = await callV1(base, 'GET_AGENTS', via);
  const answer = await readJson(body, AGENT_DEPTH);
  return isObject(answer) ? answer.get_agents : undefined;
}

/** Calls the v1 operator API for an answer of the given media type, as bytes. */
export async function askOperator(base: string, type: string, accept: string, via: MasterRequester): Promise<Buffer> {
  const { body } = await callV1(base, type, via, accept);
  return await readBytes(body);
}

export async function getState(base: string, via: MasterRequester): Promise<unknown> {
  const response = await authorized(via.credential, (authorization) =>
    request(urlOf(base, 'master/state'), {
      headers: { accept: 'application/json', ...authorization },
      dispatcher: via.dispatcher,
      signal: via.signal,
      headersTimeout: HEADERS_TIMEOUT_MS,
      bodyTimeout: BODY_TIMEOUT_MS,
    }),
  );
  const { body } = await expectOk(response, base, 'master/state');
  return await readJson(body, TASK_DEPTH);
}

/** Asks a master who leads, without credentials; undefined when it does not say it the way Mesos does. */
export async function announcedLeader(base: string, via: MasterRequester): Promise<string | undefined> {
  const { statusCode, headers, body } = await request(urlOf(base, 'master/redirect'), {
    dispatcher: via.dispatcher,
    signal: via.signal,
    headersTimeout: HEADERS_TIMEOUT_MS,
    bodyTimeout: BODY_TIMEOUT_MS,
  });
  await body.dump();
  return statusCode === 307 ? leaderOf(headers.location, base, '') : undefined;
}

async function expectOk(
  response: Dispatcher.ResponseData,
  base: string,
  path: string,
): Promise<Dispatcher.ResponseData> {
  if (response.statusCode === 200) return response;
  if (response.statusCode === 307) {
    await response.body.dump();
    // A follower sends `//host:port/master/state` for `/master/state` as for `/state`.
    const leader = leaderOf(
      response.headers.location,
      base,
      `/${path.startsWith('master/') ? path : `master/${path}`}`,
    );
    if (leader !== undefined) throw new NotTheLeader(leader);
    throw new MasterAnswer(307, `a redirect that is not a master's: ${String(response.headers.location)}`);
  }
  throw new MasterAnswer(response.statusCode, await startOf(response.body));
}

/** Origin in a master's `Location`: protocol-relative, and with exactly the path that was asked for. */
function leaderOf(location: string | string[] | undefined, base: string, path: string): string | undefined {
  if (typeof location !== 'string' || !location.startsWith('//') || !URL.canParse(location, base)) return undefined;
  const url = new URL(location, base);
  const expected = path === '' ? '/' : path;
  return url.pathname === expected && url.username === '' && url.password === '' ? url.origin : undefined;
}

async function readJson(body: Dispatcher.ResponseData['body'], depth: number): Promise<unknown> {
  return await parseLargeJson(await readBytes(body), depth);
}

async function readBytes(body: Dispatcher.ResponseData['body']): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MAX_STATE_BYTES) throw new Error(`the master's answer is longer than ${MAX_STATE_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts, size);
}

async function startOf(body: Dispatcher.ResponseData['body']): Promise<string> {
  let text = '';
  for await (const part of body as AsyncIterable<Buffer>) {
    text += part.toString('utf8');
    if (text.length >= REASON_LENGTH) break;
  }
  return text;
}

function urlOf(base: string, path: string): string {
  return `${base.replace(/\/+$/, '')}/${path}`;
}
