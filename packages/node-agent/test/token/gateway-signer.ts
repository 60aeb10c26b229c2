import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gatewayTokenLifetime, gatewayTokenRoute, gatewayTokenType, type Scope, wholeNode } from '@clusterlog/shared';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

export interface SignedRequest {
  readonly method?: string;
  /** Without the query. */
  readonly path: string;
  readonly audience?: string;
  readonly scope?: Scope;
  /** Seconds from now. */
  readonly issuedAt?: number;
  readonly expiresAt?: number;
  readonly type?: string;
  readonly extra?: Record<string, unknown>;
}

/** Signs gateway tokens as a gateway does, and serves its public key as a gateway does. */
export class GatewaySigner {
  readonly kid: string;
  readonly publicJwk: JWK;
  readonly privateKey: CryptoKey;

  private constructor(kid: string, publicJwk: JWK, privateKey: CryptoKey) {
    this.kid = kid;
    this.publicJwk = publicJwk;
    this.privateKey = privateKey;
  }

  static async create(kid: string): Promise<GatewaySigner> {
    const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true });
    return new GatewaySigner(kid, { ...(await exportJWK(publicKey)), kid, alg: 'EdDSA', use: 'sig' }, privateKey);
  }

  sign(request: SignedRequest): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      uid: 'alice',
      route: gatewayTokenRoute(request.method ?? 'GET', request.path),
      scope: request.scope ?? wholeNode,
      ...request.extra,
    };
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'EdDSA', kid: this.kid, typ: request.type ?? gatewayTokenType })
      .setAudience(request.audience ?? 'S0')
      .setIssuedAt(now + (request.issuedAt ?? 0))
      .setExpirationTime(now + (request.expiresAt ?? gatewayTokenLifetime))
      .sign(this.privateKey);
  }
}

/** An HTTP server that answers with the key set it is given; on a port of its own until `close`. */
export async function serveKeySet(
  answer: () => { status: number; body: string },
): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((_request, response) => {
    const { status, body } = answer();
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/.well-known/jwks.json`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
