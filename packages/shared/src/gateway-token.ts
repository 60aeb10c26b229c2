import { type Static, Type } from 'typebox';
import { Scope } from './scope.ts';

/**
 * What a gateway token says. The token is a JWT, `alg: EdDSA`, `typ:` {@link gatewayTokenType}, signed by the gateway for one
 * request to one node agent and sent as `Authorization: Bearer`.
 *
 * An unknown member is refused, never ignored: an older agent must not grant what it does not understand.
 */
export const GatewayTokenClaims = Type.Object(
  {
    aud: Type.String({ minLength: 1, description: 'The id of the node agent that the request is for.' }),
    iat: Type.Integer({ description: 'When it was signed, in seconds since 1970.' }),
    exp: Type.Integer({ description: 'When it ends, in seconds since 1970; at most 30 after `iat`.' }),
    uid: Type.String({ minLength: 1, description: 'Who asked the gateway.' }),
    route: Type.String({ minLength: 1, description: 'The request it is for: see gatewayTokenRoute.' }),
    scope: Scope,
    mesosAuthorization: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'The Authorization with which the node’s Mesos agent is to be asked, instead of the node agent’s own.',
      }),
    ),
  },
  { additionalProperties: false },
);
export type GatewayTokenClaims = Static<typeof GatewayTokenClaims>;

/** The `typ` header of gateway tokens: a caller's own token is never taken for one, nor one for a caller's token. */
export const gatewayTokenType = 'clusterlog-gateway+jwt';

/** The only algorithm of gateway tokens. */
export const gatewayTokenAlgorithm = 'EdDSA';

/** How long a gateway token lives, in seconds. It is checked once, at the start of a request. */
export const gatewayTokenLifetime = 30;

/**
 * How far the clock of a node may be behind a gateway's, in seconds. An agent whose clock is so far behind takes a token for
 * the token's life and twice this, so that 60 s after it was signed it is of no use anywhere.
 */
export const gatewayClockTolerance = 15;

/**
 * The `route` claim of a request: its method and its path, byte for byte as on the request line and without the query, as in
 * `GET /v1/range/`. An agent answers the same under `/system/v1/logs`, which an Admin Router before it cuts off, so that is
 * not part of the claim.
 */
export function gatewayTokenRoute(method: string, path: string): string {
  return `${method} ${path.replace(/^\/system\/v1\/logs(?=\/)/, '')}`;
}
