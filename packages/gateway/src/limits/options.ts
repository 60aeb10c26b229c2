import { whole } from '@clusterlog/shared/server';
import { type Limits, usualLimits } from './limits.ts';

/** The options of what is given to callers. */
export const limitOptions = {
  requestsPerMinute: whole({
    placeholder: 'N',
    minimum: 1,
    maximum: 1_000_000_000,
    default: usualLimits.requestsPerMinute,
    description: 'Requests that one caller (uid) may send within a minute; one more is answered 429.',
    details: 'A follow is one request.',
  }),
  follows: whole({
    placeholder: 'N',
    minimum: 1,
    maximum: 1_000_000,
    default: usualLimits.follows,
    description: 'Follows of one node agent open at once; one more is answered 503. Merged ones: --merges.',
    details: 'Each takes two file descriptors: see LimitNOFILE in the systemd unit.',
  }),
  followsPerCaller: whole({
    placeholder: 'N',
    minimum: 1,
    maximum: 1_000_000,
    default: usualLimits.followsPerCaller,
    description: 'Of those, as many as one caller may have; one more is answered 429.',
  }),
};

/** What the options say. */
export function limitsOf({ requestsPerMinute, follows, followsPerCaller }: Limits): Limits {
  return { requestsPerMinute, follows, followsPerCaller };
}
