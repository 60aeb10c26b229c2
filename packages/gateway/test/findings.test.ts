import { describe, expect, test } from 'vitest';
import { keysFinding, mesosFinding } from '../src/findings.ts';
import { createClusterIndex } from '../src/mesos/cluster-index.ts';
import { indexOf } from './gateway.ts';

const source = (problem: string | undefined) => ({
  name: 'keys',
  current: () => ({ algorithms: [], key: Buffer.alloc(0) }),
  problem: () => problem,
});

describe('readiness', () => {
  test('fails until a master has been reached', () => {
    expect(mesosFinding(createClusterIndex())).toMatchObject({
      state: 'failing',
      detail: expect.stringContaining('ever reached'),
    });
  });

  test('is whole while the index is fresh and degraded, not lost, when the master has gone', () => {
    const index = indexOf();
    expect(mesosFinding(index)).toMatchObject({ state: 'ok' });
    index.markStale('connection to 10.0.0.1 refused');
    expect(mesosFinding(index)).toMatchObject({ state: 'degraded', detail: expect.not.stringContaining('10.0.0.1') });
  });

  test('fails when no token can be verified, and is degraded when some can', () => {
    expect(keysFinding([source(undefined)])).toMatchObject({ state: 'ok' });
    expect(keysFinding([source(undefined), source('down')])).toMatchObject({ state: 'degraded', detail: 'down' });
    expect(keysFinding([source('down')])).toMatchObject({ state: 'failing' });
  });
});
