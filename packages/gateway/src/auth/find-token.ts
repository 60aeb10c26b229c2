import { RefusedToken } from './refused-token.ts';

/** The cookie of DC/OS' login. */
export const authCookie = 'dcos-acs-auth-cookie';

/** The parts of a request that say which token counts. */
export interface TokenCarrier {
  readonly method: string;
  /** Each `Authorization` header: Node's own parsing keeps the first of several without a word. */
  readonly authorizations: readonly string[];
  readonly cookies: Readonly<Record<string, string | undefined>>;
  /** What the viewer's own cookie is called on this way, if it counts there. */
  readonly sessionCookie: string | undefined;
  /** `Sec-Fetch-Site`: whose page made the browser send the request. */
  readonly fetchSite: string | undefined;
}

/**
 * The token of a request: `Authorization: token=<jwt>`, `Authorization: Bearer <jwt>`, the cookie that the viewer's sign-in has set, or
 * that of DC/OS' login.
 *
 * A request with any `Authorization` header is judged by that header alone, as Admin Router does. A cookie counts only
 * where no other site can have made the browser send it: GET and HEAD, and `Sec-Fetch-Site` absent, `none` or `same-origin`.
 *
 * @throws RefusedToken
 */
export function findToken(request: TokenCarrier): string {
  const { method, authorizations, cookies, sessionCookie, fetchSite = 'none' } = request;
  if (authorizations.length > 0) return fromAuthorization(authorizations);
  const session = sessionCookie === undefined ? undefined : cookies[sessionCookie];
  const token = session || cookies[authCookie];
  if (token === undefined || token === '') throw new RefusedToken('no-token', 'no token in the request');
  if (method !== 'GET' && method !== 'HEAD') {
    throw new RefusedToken('cookie-on-unsafe-method', `a cookie counts on GET and HEAD only, found ${method}`);
  }
  if (fetchSite !== 'none' && fetchSite !== 'same-origin') {
    throw new RefusedToken('cookie-on-other-site', 'a cookie does not count on a request that another site made');
  }
  return token;
}

function fromAuthorization(values: readonly string[]): string {
  const [value = ''] = values;
  if (values.length > 1) {
    throw new RefusedToken('several-authorization-headers', 'expected one Authorization header, found several');
  }
  const token = /^(?:token=|Bearer +)(\S+)$/.exec(value)?.[1];
  if (token === undefined) {
    throw new RefusedToken(
      'unknown-scheme',
      'expected Authorization: token=<jwt> or Bearer <jwt>, found something else',
    );
  }
  return token;
}
