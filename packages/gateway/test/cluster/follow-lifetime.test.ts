import type { V3Event } from '@clusterlog/shared';
import { afterEach, describe, expect, test } from 'vitest';
import { FollowLifetime, type LimitedFollow } from '../../src/cluster/follow-lifetime.ts';

const ended: (() => void)[] = [];
afterEach(() => {
  for (const end of ended.splice(0)) end();
});

/** A follow that has just begun, and what was said at its end. */
function begin(lifetime: FollowLifetime, isGranted: boolean): { readonly said: V3Event[]; readonly audit: object } {
  const said: V3Event[] = [];
  const audit = {};
  const request = { id: 'request', caller: { expiresAt: undefined }, audit };
  const follow = { request, stillGranted: () => isGranted, stop: (event: V3Event) => void said.push(event) };
  ended.push(lifetime.add(follow as unknown as LimitedFollow));
  return { said, audit };
}

describe('a merged follow whose beginning took a while', () => {
  test('ends at once when the policy has changed meanwhile, and another follow was judged by it already', () => {
    const lifetime = new FollowLifetime({ greatestAge: 60, policyVersion: () => 1 });
    expect(begin(lifetime, true).said).toEqual([]);
    const { said, audit } = begin(lifetime, false);
    expect(said).toMatchObject([{ event: 'error', code: 'forbidden' }]);
    expect(audit).toEqual({ cut: 'forbidden' });
  });

  test('ends at once when the server has begun to close meanwhile', () => {
    const lifetime = new FollowLifetime({ greatestAge: 60, policyVersion: () => 1 });
    lifetime.stopAll();
    expect(begin(lifetime, true).said).toEqual([{ event: 'end', reason: 'shutdown' }]);
  });
});
