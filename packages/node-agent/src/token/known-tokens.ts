import { hash } from 'node:crypto';
import type { GatewayTokenClaims } from '@clusterlog/shared';
import { LRUCache } from 'lru-cache';
import type { GatewayKeys } from './gateway-keys.ts';
import { verifyGatewayToken } from './verify-gateway-token.ts';

interface Known {
  readonly claims: GatewayTokenClaims;
  /** Of the keys, when the token was verified. */
  readonly version: unknown;
  /** When that was, in milliseconds since 1970. */
  readonly at: number;
}

/** Bytes of tokens that are known at a time; the scope in one may have tens of KiB. */
const mostBytes = 4 * 1024 * 1024;

/**
 * Verifies gateway tokens, of which gateways use one for several equal requests: each once, and then by its hash alone as long as it
 * lasts, without the leeway that clocks get, and while the keys are the same. Agent and route are compared for every request.
 */
export class KnownTokens {
  readonly #keys: Pick<GatewayKeys, 'find' | 'version'>;
  readonly #known = new LRUCache<string, Known>({ maxSize: mostBytes });

  constructor(keys: Pick<GatewayKeys, 'find' | 'version'>) {
    this.#keys = keys;
  }

  /**
   * @param route the request as `gatewayTokenRoute` writes it
   * @throws as `verifyGatewayToken`
   */
  async verify(token: string, agentId: string, route: string): Promise<GatewayTokenClaims> {
    const name = hash('sha256', token, 'base64');
    const known = this.#known.get(name);
    if (known !== undefined && this.#stillHolds(known) && known.claims.aud === agentId && known.claims.route === route)
      return known.claims;
    const at = Date.now();
    const { version } = this.#keys;
    const claims = await verifyGatewayToken(token, this.#keys.find, agentId, route);
    this.#known.set(name, { claims, version, at }, { size: token.length + 1_024 });
    return claims;
  }

  #stillHolds({ claims, version, at }: Known): boolean {
    const now = Date.now();
    return now >= at && now < claims.exp * 1_000 && version === this.#keys.version;
  }
}
