import {
  CodedError,
  GatewayTokenClaims,
  gatewayClockTolerance,
  gatewayTokenAlgorithm,
  gatewayTokenLifetime,
  gatewayTokenType,
} from '@clusterlog/shared';
import { readJwtForm } from '@clusterlog/shared/server';
import { errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { Compile } from 'typebox/compile';

const claims = Compile(GatewayTokenClaims);

/**
 * Verifies a gateway token for one request: signature by a gateway's key, age, audience, route, and the exact shape of
 * the claims, an unknown member refused.
 *
 * @param route the request as `gatewayTokenRoute` writes it
 * @throws CodedError `gateway-token-untimely` for one that a gateway has signed, and whose time is not now; else Error whose
 *   message says for the log what was wrong. Neither holds the token
 */
export async function verifyGatewayToken(
  token: string,
  keys: JWTVerifyGetKey,
  agentId: string,
  route: string,
): Promise<GatewayTokenClaims> {
  readJwtForm(token);
  const { payload } = await jwtVerify(token, keys, {
    algorithms: [gatewayTokenAlgorithm],
    typ: gatewayTokenType,
    audience: agentId,
    requiredClaims: ['exp', 'iat'],
    maxTokenAge: gatewayTokenLifetime,
    clockTolerance: gatewayClockTolerance,
  }).catch((error: unknown) => {
    throw untimely(error) ?? error;
  });
  if (!claims.Check(payload)) {
    const [first] = claims.Errors(payload);
    throw new Error(`claims of an unknown shape: ${first?.instancePath || '/'} ${first?.message ?? ''}`);
  }
  // With the one below it bounds `exp`, whatever the signer thinks of it.
  if (payload.exp <= payload.iat) throw new Error('expected an end after the beginning, found none');
  if (payload.exp - payload.iat > gatewayTokenLifetime) {
    throw new Error(`expected a life of at most ${gatewayTokenLifetime} s, found ${payload.exp - payload.iat}`);
  }
  if (payload.route !== route) throw new Error(`expected a token for ${route}, found one for ${payload.route}`);
  return payload;
}

/** The signature has been verified when jose looks at times, so that nobody else learns this node's clock from an answer. */
function untimely(error: unknown): CodedError | undefined {
  const ofTime =
    error instanceof errors.JWTExpired ||
    (error instanceof errors.JWTClaimValidationFailed && error.claim === 'iat' && error.reason === 'check_failed');
  const signedAt = ofTime ? error.payload.iat : undefined;
  if (signedAt === undefined || !Number.isFinite(signedAt)) return undefined;
  const age = Math.floor(Date.now() / 1000) - signedAt;
  return new CodedError('gateway-token-untimely', {
    when: age < 0 ? `${-age} s in the future` : `${age} s ago`,
    limit: gatewayTokenLifetime + gatewayClockTolerance,
  });
}
