import { CodedError, type ErrorCode, errorTable } from '@clusterlog/shared';
import { expect, it } from 'vitest';

/** What does not end by itself, or comes in the middle of an answer, where there is no header any more. */
const untold: readonly ErrorCode[] = [
  'max-age',
  'range-too-long',
  'range-too-large',
  'no-marathon',
  'no-local-agent',
  'agent-gone',
  'viewer-not-built',
];

it('says when to try again wherever that helps: at each 429, and each 503 that passes', () => {
  const codes = Object.keys(errorTable) as ErrorCode[];
  // How long a caller has to wait who asks too often is known only when he does.
  const passing = codes.filter((code) => [429, 503].includes(errorTable[code].status) && code !== 'too-many-requests');
  for (const code of passing) {
    const { retryAfter } = new CodedError(code, {} as never);
    if (untold.includes(code)) expect([code, retryAfter]).toEqual([code, undefined]);
    else expect([code, retryAfter]).toEqual([code, expect.any(Number)]);
  }
  expect(passing.length).toBeGreaterThan(15);
});
