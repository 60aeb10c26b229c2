import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { type Dispatcher, request } from 'undici';

/** The secret of a DC/OS service account, as `dcos security secrets create-sa-secret` writes it. */
const AccountSecret = Type.Object({
  uid: Type.String({ minLength: 1 }),
  private_key: Type.String(),
  login_endpoint: Type.String({ pattern: '^https?://[^\\s]+$' }),
  scheme: Type.Optional(Type.Literal('RS256')),
});

/** Who logs in, where, and what he proves it with. */
export interface ServiceAccount {
  readonly uid: string;
  readonly key: KeyObject;
  readonly loginEndpoint: string;
}

/** What a login gives. */
export interface Session {
  readonly token: string;
  /** When the token ends, in milliseconds since 1970; undefined where it does not say. */
  readonly end: number | undefined;
}

/** How long a login token is of use, in seconds: it is sent once, at once. */
const loginLifetime = 300;
/** Time for a login, in milliseconds. */
const loginTimeout = 10_000;
/** Longest answer that is read, in bytes. */
const longestAnswer = 64 * 1024;

/** Reads a service account from JSON; undefined for something else. */
export function parseServiceAccount(json: unknown): ServiceAccount | undefined {
  if (!Value.Check(AccountSecret, json)) return undefined;
  const { uid, private_key, login_endpoint }: Static<typeof AccountSecret> = json;
  try {
    const key = createPrivateKey(private_key);
    return key.asymmetricKeyType === 'rsa' ? { uid, key, loginEndpoint: login_endpoint } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Logs in at DC/OS' Identity and Access Manager as services do: with a token that the account's own key has signed, which gives
 * one for requests.
 *
 * @throws Error whose message holds neither key nor token
 */
export async function logIn(
  { uid, key, loginEndpoint }: ServiceAccount,
  dispatcher: Dispatcher,
  signal?: AbortSignal,
): Promise<Session> {
  const limit = AbortSignal.timeout(loginTimeout);
  const { statusCode, body } = await request(loginEndpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ uid, token: loginToken(uid, key) }),
    signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    dispatcher,
  });
  let text = '';
  for await (const part of body) {
    text += String(part);
    if (text.length > longestAnswer)
      throw new Error(`expected at most ${longestAnswer} bytes from the login, found more`);
  }
  if (statusCode !== 200) throw new Error(`expected status 200 from the login of ${uid}, found ${statusCode}`);
  const token = tokenOf(text);
  if (token === undefined) throw new Error(`expected {"token": …} from the login of ${uid}, found something else`);
  return { token, end: endOf(token) };
}

function loginToken(uid: string, key: KeyObject): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(Date.now() / 1000) + loginLifetime;
  const input = `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ uid, exp })}`;
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`;
}

function tokenOf(text: string): string | undefined {
  try {
    const { token } = JSON.parse(text) as { token?: unknown };
    return typeof token === 'string' && /^[\x21-\x7e]+$/.test(token) ? token : undefined;
  } catch {
    return undefined;
  }
}

/** What the token says of its own end; it is for others to verify. */
function endOf(token: string): number | undefined {
  try {
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { exp?: unknown };
    return typeof exp === 'number' && Number.isFinite(exp) ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}
