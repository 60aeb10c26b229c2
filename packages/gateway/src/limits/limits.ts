/** What is given to callers, at one gateway. */
export interface Limits {
  /** Requests that one caller may send within a minute. */
  readonly requestsPerMinute: number;
  /** Follows open at once, of all callers; merged ones have places of their own. */
  readonly follows: number;
  readonly followsPerCaller: number;
  /** How long one answer that ends may take, in seconds. */
  readonly rangeAge: number;
  /** How large one may be, in bytes of the connection. */
  readonly rangeSize: number;
}

export const usualLimits: Limits = {
  requestsPerMinute: 12_000,
  follows: 10_000,
  followsPerCaller: 1_000,
  rangeAge: 4 * 3_600,
  rangeSize: 64 * 2 ** 30,
};
