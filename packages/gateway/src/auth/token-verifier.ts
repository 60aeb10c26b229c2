import { gatewayTokenType } from '@clusterlog/shared';
import {
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose';
import type { Caller } from './caller.ts';
import type { KeySource, VerificationKey } from './key-source.ts';
import { type RefusalReason, RefusedToken } from './refused-token.ts';

export interface TokenRules {
  /** The claim that names the caller; its value must be a text that is not empty. */
  readonly uidClaim: string;
  /** The claim that names the caller's groups: a text or a list of texts. */
  readonly groupsClaim: string;
  /** `iss` must be this, when given. */
  readonly issuer?: string;
  /** `aud` must be or hold this, when given. */
  readonly audience?: string;
  /** Take tokens without `exp` too. */
  readonly allowNoExpiry: boolean;
}

export type VerifyToken = (token: string) => Promise<Caller>;

/**
 * Verifies callers' tokens: each source whose keys are for the token's algorithm is tried in turn, then the claims are
 * checked. Times are compared to the second, without leeway.
 *
 * @returns a function that gives the caller, or throws RefusedToken
 */
export function createTokenVerifier(sources: readonly KeySource[], rules: TokenRules): VerifyToken {
  const options: JWTVerifyOptions = {
    requiredClaims: rules.allowNoExpiry ? [] : ['exp'],
    ...(rules.issuer === undefined ? {} : { issuer: rules.issuer }),
    ...(rules.audience === undefined ? {} : { audience: rules.audience }),
  };
  return async (token) => {
    const algorithm = algorithmOf(token);
    let refusal = new RefusedToken(
      'algorithm-refused',
      `no key is for the algorithm ${JSON.stringify(algorithm.slice(0, 32))}`,
    );
    for (const source of sources) {
      const { algorithms, key } = source.current();
      if (!algorithms.includes(algorithm)) continue;
      try {
        return callerOf(await payloadOf(token, key, { ...options, algorithms: [...algorithms] }), rules);
      } catch (error) {
        refusal = refusalOf(error, source);
        // The signature was right: no other key can make these claims better.
        if (!keyIsWrong.has(refusal.reason)) throw refusal;
      }
    }
    throw refusal;
  };
}

const keyIsWrong: ReadonlySet<RefusalReason> = new Set(['no-matching-key', 'bad-signature', 'keys-unavailable']);

function algorithmOf(token: string): string {
  let header: ReturnType<typeof decodeProtectedHeader>;
  try {
    header = decodeProtectedHeader(token);
  } catch (cause) {
    throw new RefusedToken('malformed', 'expected a JWT, found something else', { cause });
  }
  if (header.typ === gatewayTokenType)
    throw new RefusedToken('malformed', "expected a caller's token, found a gateway token");
  return String(header.alg);
}

async function payloadOf(token: string, key: VerificationKey, options: JWTVerifyOptions): Promise<JWTPayload> {
  if (typeof key !== 'function') return (await jwtVerify(token, key, options)).payload;
  try {
    return (await jwtVerify(token, key as JWTVerifyGetKey, options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    return payloadByAnyOf(error, token, options);
  }
}

/** A token without a key id fits several keys of a set: each is tried. */
async function payloadByAnyOf(
  keys: errors.JWKSMultipleMatchingKeys,
  token: string,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  let failure: unknown = keys;
  for await (const key of keys) {
    try {
      return (await jwtVerify(token, key, options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
      failure = error;
    }
  }
  throw failure;
}

function callerOf(payload: JWTPayload, { uidClaim, groupsClaim }: TokenRules): Caller {
  const uid = payload[uidClaim];
  if (typeof uid !== 'string' || uid === '')
    throw new RefusedToken('no-uid', `expected a text in the claim ${uidClaim}, found none`);
  const groups = payload[groupsClaim];
  const listed = Array.isArray(groups) ? groups : [groups];
  return { uid, groups: listed.filter((group) => typeof group === 'string'), expiresAt: payload.exp };
}

function refusalOf(error: unknown, { name }: KeySource): RefusedToken {
  if (error instanceof RefusedToken) return error;
  const refused = (reason: RefusalReason, message: string) =>
    new RefusedToken(reason, `${message} (${name})`, { cause: error });
  if (error instanceof errors.JWTExpired) return refused('expired', 'the token has expired');
  if (error instanceof errors.JWTClaimValidationFailed) return refused(claimRefusal(error), error.message);
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return refused('bad-signature', 'the signature does not fit the key');
  if (error instanceof errors.JWKSNoMatchingKey) return refused('no-matching-key', 'the set has no key for this token');
  if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid)
    return refused('malformed', 'expected a JWT, found something else');
  return refused('keys-unavailable', `the token could not be checked: ${(error as Error).message}`);
}

function claimRefusal({ claim, reason }: errors.JWTClaimValidationFailed): RefusalReason {
  switch (claim) {
    case 'exp':
      return reason === 'missing' ? 'no-expiry' : 'bad-claim';
    case 'nbf':
      return 'not-yet-valid';
    case 'iss':
      return 'wrong-issuer';
    case 'aud':
      return 'wrong-audience';
    default:
      return 'bad-claim';
  }
}
