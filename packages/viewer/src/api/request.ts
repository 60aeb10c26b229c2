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
 * Asks API v3: `path` is what follows `/system/v1/logs/v3/`.
 *
 * @throws ApiError where the answer is not a 2xx
 */
export async function request(
  path: string,
  parameters: URLSearchParams,
  { accept = 'application/json', signal, headers }: RequestOptions = {},
): Promise<Response> {
  const response = await fetch(`${base}${path}?${parameters}`, {
    headers: { accept, ...headers },
    credentials: 'same-origin',
    ...(signal === undefined ? {} : { signal }),
  });
  if (response.ok) return response;
  throw new ApiError(await problemOf(response));
}

async function problemOf(response: Response): Promise<Problem> {
  const { status, statusText } = response;
  try {
    return { status, title: statusText, code: 'unknown', ...(await response.json()) };
  } catch {
    return { status, title: statusText, code: 'unknown' };
  }
}
