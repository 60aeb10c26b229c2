import { GatewayTokenClaims, gatewayTokenAlgorithm, gatewayTokenLifetime, gatewayTokenType } from '@clusterlog/shared';
import { type JWTVerifyGetKey, jwtVerify } from 'jose';
import { Compile } from 'typebox/compile';

const claims = Compile(GatewayTokenClaims);

/** How far the clocks of gateway and node may be apart, in seconds. */
const clockTolerance = 10;

/**
 * Verifies a gateway token for one request: signature by a gateway's key, age, audience, route, and the exact shape of
 * the claims, an unknown member refused.
 *
 * @param route the request as `gatewayTokenRoute` writes it
 * @throws Error whose message says for the log what was wrong; it never holds the token
 */
export async function verifyGatewayToken(
  token: string,
  keys: JWTVerifyGetKey,
  agentId: string,
  route: string,
): Promise<GatewayTokenClaims> {
  const { payload } = await jwtVerify(token, keys, {
    algorithms: [gatewayTokenAlgorithm],
    typ: gatewayTokenType,
    audience: agentId,
    requiredClaims: ['exp', 'iat'],
    maxTokenAge: gatewayTokenLifetime,
    clockTolerance,
  });
  if (!claims.Check(payload)) {
    const [first] = claims.Errors(payload);
    throw new Error(`claims of an unknown shape: ${first?.instancePath || '/'} ${first?.message ?? ''}`);
  }
  if (payload.exp - payload.iat > gatewayTokenLifetime) {
    throw new Error(`expected a life of at most ${gatewayTokenLifetime} s, found ${payload.exp - payload.iat}`);
  }
  if (payload.route !== route) throw new Error(`expected a token for ${route}, found one for ${payload.route}`);
  return payload;
}
