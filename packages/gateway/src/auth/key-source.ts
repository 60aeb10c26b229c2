import type { CryptoKey, JWTVerifyGetKey, KeyObject } from 'jose';

/** A key as jose takes it. */
export type VerificationKey = CryptoKey | KeyObject | Uint8Array | JWTVerifyGetKey;

/** Where keys for callers' tokens come from: one file or one URL. */
export interface KeySource {
  /** The flag and its value, for logs. */
  readonly name: string;
  /**
   * The keys now in force and the algorithms they are for. A token of any other algorithm is not tried: an algorithm is
   * never taken from the token alone, else the text of a public key would do as an HS256 secret.
   */
  current(): {
    readonly algorithms: readonly string[];
    readonly key: VerificationKey;
    /** Another value whenever `key` may verify otherwise. Default: the key itself. */
    readonly version?: unknown;
  };
  /** What keeps this source from being of use; undefined when it is fine. */
  problem?(): string | undefined;
  /** Stops what the source does in the background. */
  close?(): void;
}

/** Told what went wrong with a source that had worked before. */
export type ReportProblem = (source: string, problem: Error) => void;
