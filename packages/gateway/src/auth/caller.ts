/** Who asks, as a verified token says. */
export interface Caller {
  readonly uid: string;
  /** Empty when the token has no groups' claim. */
  readonly groups: readonly string[];
  /** When the token ends, in seconds since 1970; undefined for one without `exp` (`--auth-allow-no-expiry`). */
  readonly expiresAt: number | undefined;
}
