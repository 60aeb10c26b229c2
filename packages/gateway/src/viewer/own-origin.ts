import { CodedError } from '@clusterlog/shared';
import type { FastifyRequest } from 'fastify';

/**
 * Lets only a page of this gateway through: `Origin` must be where the browser asked (`Host`, and how a trusted proxy says it came),
 * and a browser that tells whose page it was must say ours. A request without `Origin` is nobody's page.
 *
 * @throws CodedError 403
 */
export async function requireOwnOrigin(request: FastifyRequest): Promise<void> {
  const { headers, protocol, host } = request;
  const expected = `${protocol}://${host}`;
  const { origin, 'sec-fetch-site': site = 'same-origin' } = headers;
  if (origin === expected && site === 'same-origin') return;
  throw new CodedError('other-origin', {
    expected,
    found: origin === expected ? `Sec-Fetch-Site: ${site}` : `${origin ?? 'none'}`,
  });
}
