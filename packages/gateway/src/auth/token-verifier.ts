import { gatewayTokenType } from '@clusterlog/shared';
import { type JwtHeader, readJwtForm } from '@clusterlog/shared/server';
import { errors, type JWTPayload, type JWTVerifyGetKey, type JWTVerifyOptions, jwtVerify } from 'jose';
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

/** How far ahead of this clock a token may have been issued, in seconds: what an identity provider's clock may be off. */
const greatestLead = 60;

/** The last second that has a date (RFC 3339 ends with the year 9999): a token that ends later never does. */
const lastSecond = 253_402_300_799;

/**
 * Verifies callers' tokens: each source whose keys are for the token's algorithm is tried in turn, then the claims are
 * checked. `exp` and `nbf` are compared to the second, without leeway.
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
    let refusal: RefusedToken | undefined;
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
    throw refusal ?? noKeyFor(algorithm);
  };
}

function noKeyFor(algorithm: string): RefusedToken {
  const found = JSON.stringify(algorithm.slice(0, 32));
  return new RefusedToken('algorithm-refused', `no key is for the algorithm ${found}`);
}

const keyIsWrong: ReadonlySet<RefusalReason> = new Set(['no-matching-key', 'bad-signature', 'keys-unavailable']);

function algorithmOf(token: string): string {
  let header: JwtHeader;
  try {
    header = readJwtForm(token);
  } catch (cause) {
    throw new RefusedToken('malformed', (cause as Error).message, { cause });
  }
  if (header.typ === gatewayTokenType)
    throw new RefusedToken('malformed', "expected a caller's token, found a gateway token");
  return header.alg;
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
  checkTimes(payload);
  return { uid, groups: groupsOf(payload[groupsClaim], groupsClaim), expiresAt: payload.exp };
}

/** JSON has numbers such as 1e999, which are no time and always later than now. */
function checkTimes({ exp, nbf, iat }: JWTPayload): void {
  for (const [name, time] of Object.entries({ exp, nbf, iat })) {
    if (time !== undefined && !(Math.abs(time) <= lastSecond))
      throw new RefusedToken('bad-claim', `expected a time before the year 10000 in the claim ${name}, found another`);
  }
  if (iat !== undefined && iat > Date.now() / 1000 + greatestLead)
    throw new RefusedToken('not-yet-valid', 'the token was issued in the future');
}

/** What is no list of groups is refused, not passed over: a rule that denies something to a group would not hold. */
function groupsOf(groups: unknown, claim: string): string[] {
  if (groups === undefined || groups === null) return [];
  const listed: unknown[] = Array.isArray(groups) ? groups : [groups];
  if (listed.every((group) => typeof group === 'string')) return listed;
  throw new RefusedToken('bad-claim', `expected a text or a list of texts in the claim ${claim}, found something else`);
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
  if ([errors.JWSInvalid, errors.JWTInvalid, errors.JOSENotSupported].some((kind) => error instanceof kind))
    return refused('malformed', 'expected a JWT as it is understood here, found something else');
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
