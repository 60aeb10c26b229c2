import { CodedError, gatewayClockTolerance, gatewayTokenLifetime } from '@clusterlog/shared';
import { longestUse } from './gateway-tokens.ts';

/** The `Date` of an answer is in whole seconds, cut off, and may be as old as the answer took. */
const blur = 2;

/** How far the clock of a node may be off, in seconds. To one that is ahead a token is older, and it may be as old as it lives. */
const tolerated = {
  behind: gatewayClockTolerance,
  ahead: gatewayTokenLifetime + gatewayClockTolerance - longestUse / 1000,
};

/**
 * What it means that an agent answers 401 to a token of this gateway: by the `Date` of its answer the clocks differ by more than
 * an agent tolerates, or else it does not know the key.
 *
 * @param date the header `Date` of the answer
 * @param now ms since 1970
 */
export function refusedByAgent(
  agent: string,
  date: string | readonly string[] | undefined,
  now = Date.now(),
): CodedError<'clocks-apart'> | CodedError<'agent-refused'> {
  const ahead = secondsAhead(date, now) ?? 0;
  const seconds = Math.abs(ahead);
  const limit = ahead < 0 ? tolerated.behind : tolerated.ahead;
  if (seconds <= limit - blur) return new CodedError('agent-refused', { agent });
  return new CodedError('clocks-apart', { agent, seconds, where: ahead < 0 ? 'behind' : 'ahead of', limit });
}

/** By how many whole seconds the clock that wrote a `Date` is ahead of ours; undefined when it says no time. */
export function secondsAhead(date: string | readonly string[] | undefined, now = Date.now()): number | undefined {
  const time = typeof date === 'string' ? Date.parse(date) : Number.NaN;
  return Number.isNaN(time) ? undefined : Math.round((time - now) / 1000);
}
