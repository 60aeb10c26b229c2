import type { IncomingMessage } from 'node:http';
import { RefusedToken } from './refused-token.ts';

/** The cookie of DC/OS' login. */
export const authCookie = 'dcos-acs-auth-cookie';

/** The parts of a request that say which token counts. */
export interface TokenCarrier extends Pick<IncomingMessage, 'method' | 'headers' | 'headersDistinct'> {
  readonly cookies: Readonly<Record<string, string | undefined>>;
}

/**
 * The token of a request: `Authorization: token=<jwt>`, `Authorization: Bearer <jwt>`, or the cookie of DC/OS' login.
 *
 * A request with any `Authorization` header is judged by that header alone, as Admin Router does. The cookie counts only
 * where no other site can have made the browser send it: GET and HEAD, and `Sec-Fetch-Site` absent, `none` or `same-origin`.
 *
 * @throws RefusedToken
 */
export function findToken(request: TokenCarrier): string {
  const authorizations = request.headersDistinct.authorization;
  if (authorizations !== undefined) return fromAuthorization(authorizations);
  const token = request.cookies[authCookie];
  if (token === undefined || token === '') throw new RefusedToken('no-token', 'no token in the request');
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    throw new RefusedToken(
      'cookie-on-unsafe-method',
      `the cookie counts on GET and HEAD only, found ${request.method}`,
    );
  }
  const site = request.headers['sec-fetch-site'] ?? 'none';
  if (site !== 'none' && site !== 'same-origin') {
    throw new RefusedToken('cookie-on-other-site', 'the cookie does not count on a request that another site made');
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
