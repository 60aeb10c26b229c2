import { describe, expect, test } from 'vitest';
import { authCookie, findToken, type TokenCarrier } from '../../src/auth/find-token.ts';

function carrier(
  headers: { authorization?: string | string[]; 'sec-fetch-site'?: string },
  { method = 'GET', cookies = {} }: { method?: string; cookies?: Record<string, string> } = {},
): TokenCarrier {
  const { authorization = [], 'sec-fetch-site': fetchSite } = headers;
  return { method, authorizations: [authorization].flat(), cookies, sessionCookie: '__Host-clusterlog', fetchSite };
}

const cookies = { [authCookie]: 'c.o.k' };

describe('the token of a request', () => {
  test.each([
    ['token= in Authorization', carrier({ authorization: 'token=a.b.c' }), 'a.b.c'],
    ['Bearer in Authorization', carrier({ authorization: 'Bearer a.b.c' }), 'a.b.c'],
    ['the cookie alone', carrier({}, { cookies }), 'c.o.k'],
    ['the cookie among others', carrier({}, { cookies: { ...cookies, other: 'x' } }), 'c.o.k'],
    ["the viewer's own cookie", carrier({}, { cookies: { '__Host-clusterlog': 'o.w.n' } }), 'o.w.n'],
    [
      "the viewer's own cookie before that of DC/OS",
      carrier({}, { cookies: { ...cookies, '__Host-clusterlog': 'o.w.n' } }),
      'o.w.n',
    ],
    ['the cookie on HEAD', carrier({}, { cookies, method: 'HEAD' }), 'c.o.k'],
    ['the cookie on a request of the same origin', carrier({ 'sec-fetch-site': 'same-origin' }, { cookies }), 'c.o.k'],
    ['the cookie on a request typed into the address bar', carrier({ 'sec-fetch-site': 'none' }, { cookies }), 'c.o.k'],
    ['Authorization before the cookie', carrier({ authorization: 'token=a.b.c' }, { cookies }), 'a.b.c'],
    [
      'Authorization on any method and from any site',
      carrier({ authorization: 'token=a.b.c', 'sec-fetch-site': 'cross-site' }, { method: 'POST' }),
      'a.b.c',
    ],
  ])('is taken from %s', (_where, request, token) => {
    expect(findToken(request)).toBe(token);
  });

  test.each([
    ['nothing', carrier({}), 'no-token'],
    ['an empty cookie', carrier({}, { cookies: { [authCookie]: '' } }), 'no-token'],
    ['Basic, though a cookie is there', carrier({ authorization: 'Basic eDp5' }, { cookies }), 'unknown-scheme'],
    ['an empty Authorization, though a cookie is there', carrier({ authorization: '' }, { cookies }), 'unknown-scheme'],
    ['a bare token', carrier({ authorization: 'a.b.c' }), 'unknown-scheme'],
    ['something before token=', carrier({ authorization: 'xyz token=a.b.c' }), 'unknown-scheme'],
    ['lower-case bearer', carrier({ authorization: 'bearer a.b.c' }), 'unknown-scheme'],
    [
      'two Authorization headers',
      carrier({ authorization: ['token=a.b.c', 'token=d.e.f'] }),
      'several-authorization-headers',
    ],
    ['a cookie of its name elsewhere', carrier({}, { cookies: { clusterlog: 'o.w.n' } }), 'no-token'],
    [
      "the viewer's own cookie on POST",
      carrier({}, { cookies: { '__Host-clusterlog': 'o.w.n' }, method: 'POST' }),
      'cookie-on-unsafe-method',
    ],
    [
      "the viewer's own cookie sent for another site",
      carrier({ 'sec-fetch-site': 'cross-site' }, { cookies: { '__Host-clusterlog': 'o.w.n' } }),
      'cookie-on-other-site',
    ],
    ['the cookie on POST', carrier({}, { cookies, method: 'POST' }), 'cookie-on-unsafe-method'],
    [
      'the cookie sent for another site',
      carrier({ 'sec-fetch-site': 'cross-site' }, { cookies }),
      'cookie-on-other-site',
    ],
    [
      'the cookie sent for another subdomain',
      carrier({ 'sec-fetch-site': 'same-site' }, { cookies }),
      'cookie-on-other-site',
    ],
  ])('is refused in %s', (_where, request, reason) => {
    expect(() => findToken(request)).toThrow(expect.objectContaining({ reason }));
  });
});
