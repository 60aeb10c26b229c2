import { authorization, session, signedIn, signedOut } from '../session/session.ts';
import type { Problem } from './entry.ts';

/** The API could not or would not answer. */
export class ApiError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.name = 'ApiError';
    this.problem = problem;
  }
}

const base = '/system/v1/logs/v3/';

export interface RequestOptions {
  readonly accept?: string;
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Asks API v3: `path` is what follows `/system/v1/logs/v3/`. While nobody is signed in it waits; answered 401 it has the reader sign in
 * and asks again, so that nobody who asks has to know.
 *
 * @throws ApiError where the answer is not a 2xx
 */
export async function request(
  path: string,
  parameters: URLSearchParams,
  { accept = 'application/json', signal, headers }: RequestOptions = {},
): Promise<Response> {
  for (;;) {
    await signedIn(signal);
    const asker = session.value;
    const response = await fetch(`${base}${path}?${parameters}`, {
      headers: { accept, ...authorization(), ...headers },
      credentials: 'same-origin',
      ...(signal === undefined ? {} : { signal }),
    });
    if (response.ok) return response;
    if (response.status !== 401) throw new ApiError(await problemOf(response));
    // Somebody may have signed in while this was asked.
    if (asker === session.value) signedOut();
  }
}

async function problemOf(response: Response): Promise<Problem> {
  const { status, statusText } = response;
  try {
    return { status, title: statusText, code: 'unknown', ...(await response.json()) };
  } catch {
    return { status, title: statusText, code: 'unknown' };
  }
}
