import {
  gatewayTokenAlgorithm,
  gatewayTokenLifetime,
  gatewayTokenRoute,
  gatewayTokenType,
  type Scope,
} from '@clusterlog/shared';
import { SignJWT } from 'jose';
import type { SigningKey } from '../keys/signing-key.ts';

/** What one request to a node agent is, and what it may read there. */
export interface AgentRequest {
  readonly agentId: string;
  readonly uid: string;
  readonly method: string;
  /** As on the request line, without the query. */
  readonly path: string;
  readonly scope: Scope;
  /** The `Authorization` with which the agent asks Mesos about sandboxes. Default: its own. */
  readonly mesosAuthorization?: string | undefined;
}

/** Signs the gateway token of one request; its shape is `GatewayTokenClaims` of the shared package. */
export function signGatewayToken(
  { agentId, uid, method, path, scope, mesosAuthorization }: AgentRequest,
  key: SigningKey,
): Promise<string> {
  const issuedAt = Math.floor(Date.now() / 1000);
  const mesos = mesosAuthorization === undefined ? {} : { mesosAuthorization };
  return new SignJWT({ uid, route: gatewayTokenRoute(method, path), scope, ...mesos })
    .setProtectedHeader({ alg: gatewayTokenAlgorithm, typ: gatewayTokenType, kid: key.kid })
    .setAudience(agentId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + gatewayTokenLifetime)
    .sign(key.privateKey);
}
