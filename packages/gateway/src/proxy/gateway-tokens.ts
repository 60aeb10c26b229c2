import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { SigningKeys } from '../keys/signing-keys.ts';
import { type AgentRequest, signGatewayToken } from './sign-gateway-token.ts';

interface Signed {
  readonly token: string;
  /** In milliseconds since 1970. */
  readonly at: number;
}

/** How long a token is used for more requests like the one it was signed for, in milliseconds: a sixth of its life. */
export const longestUse = 5_000;

/**
 * Gateway tokens. Requests that would get the same token but for its times (of the same caller, for the same route of the same agent,
 * with the same scope, under the same key) share one for some seconds; one that carries the caller's own token is of one request.
 */
export class GatewayTokens {
  readonly #keys: SigningKeys;
  readonly #signed = new LRUCache<string, Signed>({ maxSize: 4 * 1024 * 1024 });

  constructor(keys: SigningKeys) {
    this.#keys = keys;
  }

  async of(asked: AgentRequest): Promise<string> {
    const key = this.#keys.current;
    if (asked.mesosAuthorization !== undefined) return signGatewayToken(asked, key);
    const { agentId, uid, method, path, scope } = asked;
    const name = hash('sha256', JSON.stringify([key.kid, agentId, uid, method, path, scope]), 'base64');
    const known = this.#signed.get(name);
    const now = Date.now();
    if (known !== undefined && known.at <= now && now - known.at < longestUse) return known.token;
    const token = await signGatewayToken(asked, key);
    this.#signed.set(name, { token, at: now }, { size: token.length + 256 });
    return token;
  }
}
