/** Why a request is not authenticated: for logs and metrics. Callers are told none of it. */
export type RefusalReason =
  | 'no-token'
  | 'several-authorization-headers'
  | 'unknown-scheme'
  | 'cookie-on-other-site'
  | 'cookie-on-unsafe-method'
  | 'malformed'
  | 'algorithm-refused'
  | 'no-matching-key'
  | 'bad-signature'
  | 'keys-unavailable'
  | 'expired'
  | 'not-yet-valid'
  | 'no-expiry'
  | 'no-uid'
  | 'wrong-issuer'
  | 'wrong-audience'
  | 'bad-claim';

/** A request without a token that counts. The message is for the log and never holds the token. */
export class RefusedToken extends Error {
  override readonly name = 'RefusedToken';
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
