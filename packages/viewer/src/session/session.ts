import { type ReadonlySignal, signal } from '@preact/signals';
import type { Problem } from '../api/entry.ts';

/** Who reads. */
export type Session =
  /** Not asked yet. */
  | { readonly state: 'unknown' }
  /** `expires` in seconds since 1970, by this browser's clock. */
  | { readonly state: 'signed-in'; readonly uid: string; readonly expires?: number }
  /** Nobody, or somebody whose token has ended: `uid` says who it was. */
  | { readonly state: 'signed-out'; readonly uid?: string };

const current = signal<Session>({ state: 'unknown' });

/** Who reads now. */
export const session: ReadonlySignal<Session> = current;

/** What was pasted into this page: it is gone with it, whether a cookie has it, too, or not. */
let token: string | undefined;

/** What requests carry beside the cookie. */
export function authorization(): { readonly authorization?: string } {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

const address = '/logs/session';
/** Seconds by which a clock may differ without a word: an answer takes its time, and its date has no fractions. */
const clockTolerance = 10;

/** Asks the gateway who reads, by the cookies that are there. */
export async function findSession(): Promise<void> {
  const response = await fetch(address, { headers: { accept: 'application/json', ...authorization() } }).catch(
    () => undefined,
  );
  // Whatever keeps the gateway from answering, requests will say it.
  if (response?.ok === true) current.value = sessionOf(response, await response.json());
  else signedOut();
}

/** What the gateway says of a token, its end told by this browser's clock: nobody is warned too late because that is slow. */
export function sessionOf(
  { headers }: Pick<Response, 'headers'>,
  { uid, expires }: { readonly uid: string; readonly expires?: number },
): Session {
  if (expires === undefined) return { state: 'signed-in', uid };
  const ahead = (Date.now() - Date.parse(headers.get('date') ?? '')) / 1_000;
  return { state: 'signed-in', uid, expires: Math.abs(ahead) > clockTolerance ? expires + ahead : expires };
}

const notKept: Readonly<Record<string, string>> = {
  'needs-https': 'It is not remembered: this page came without TLS, where others could read it.',
  'too-long': 'It is not remembered: the token is longer than browsers keep.',
};

/**
 * Signs in with a token as it was pasted: `Bearer` or `token=` before it do not matter.
 *
 * @param keep have the gateway set a cookie, so that the next page is signed in, too
 * @returns what there is to say about it, or nothing
 * @throws Error that says what was wrong
 */
export async function signIn(pasted: string, keep: boolean): Promise<string> {
  const given = pasted.trim().replace(/^(authorization:\s*)?(bearer\s+|token=)?/i, '');
  const response = await post(address, { token: given, keep }).catch(() => {
    throw new Error('The gateway does not answer.');
  });
  if (!response.ok) throw new Error(await problemOf(response));
  const answer = (await response.json()) as {
    readonly uid: string;
    readonly expires?: number;
    readonly why_not?: string;
  };
  // Also where a cookie has it: not every browser takes one.
  token = given;
  current.value = sessionOf(response, answer);
  return notKept[answer.why_not ?? ''] ?? '';
}

/** Signs out on this browser. The login of DC/OS is DC/OS' to end: with it one is still signed in. */
export async function signOut(): Promise<void> {
  token = undefined;
  await post(`${address}/end`, {}).catch(() => undefined);
  current.value = { state: 'unknown' };
  await findSession();
}

/** A request was answered 401, or a stream said that its token has ended. */
export function signedOut(): void {
  const { value } = current;
  token = undefined;
  if (value.state !== 'signed-out') {
    current.value = { state: 'signed-out', ...(value.state === 'signed-in' ? { uid: value.uid } : {}) };
  }
}

/** Resolves when somebody is signed in. @throws the signal's reason when that is aborted before */
export function signedIn(aborted?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    aborted?.throwIfAborted();
    let stop: (() => void) | undefined;
    let settled = false;
    const end = (settle: () => void) => {
      settled = true;
      stop?.();
      aborted?.removeEventListener('abort', onAbort);
      settle();
    };
    const onAbort = () => end(() => reject(aborted?.reason));
    aborted?.addEventListener('abort', onAbort);
    stop = current.subscribe(({ state }) => {
      if (state === 'signed-in' && !settled) end(resolve);
    });
    if (settled) stop();
  });
}

function post(path: string, body: object): Promise<Response> {
  return fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(body),
  });
}

async function problemOf(response: Response): Promise<string> {
  if (response.status === 401)
    return 'The gateway does not take this token: it has ended, or was made for something else.';
  const { detail, title, hint }: Partial<Problem> = await response.json().catch(() => ({}));
  return [detail ?? title ?? `The gateway answered ${response.status}.`, hint].filter(Boolean).join(' ');
}
