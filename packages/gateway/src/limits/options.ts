import { duration, seconds, whole } from '@clusterlog/shared/server';
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
  maxRangeAge: duration({
    default: '4h',
    description: 'After this long an answer that is no follow is ended; readers go on from the last cursor.',
    details: 'Ranges go on when their token ends: this bounds how long.',
  }),
  maxRangeSize: whole({
    placeholder: 'MIB',
    minimum: 1,
    maximum: 1_000_000_000,
    default: usualLimits.rangeSize / 2 ** 20,
    description: 'Behind so many MiB such an answer is ended, too.',
  }),
};

interface LimitConfiguration extends Pick<Limits, 'requestsPerMinute' | 'follows' | 'followsPerCaller'> {
  readonly maxRangeAge: string;
  readonly maxRangeSize: number;
}

/** What the options say. */
export function limitsOf({ maxRangeAge, maxRangeSize, ...limits }: LimitConfiguration): Limits {
  const { requestsPerMinute, follows, followsPerCaller } = limits;
  return {
    requestsPerMinute,
    follows,
    followsPerCaller,
    rangeAge: seconds(maxRangeAge),
    rangeSize: maxRangeSize * 2 ** 20,
  };
}
