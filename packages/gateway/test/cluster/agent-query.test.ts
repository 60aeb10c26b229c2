import { describe, expect, it } from 'vitest';
import { linesQuery } from '../../src/cluster/agent-query.ts';
import type { Resume } from '../../src/cluster/cluster-cursor.ts';
import type { Order } from '../../src/cluster/entry-key.ts';
import { createEntryWriter } from '../../src/cluster/entry-writer.ts';

const hour = 3_600_000;

function asked(resume: Resume, reachedAt: number | undefined, order: Order = 'asc'): URLSearchParams {
  const writer = createEntryWriter('ndjson', { output: undefined, raw: false });
  return linesQuery(new URLSearchParams(), {}, writer, order, { resume, reachedAt }, false);
}

describe('an agent that goes on at a time', () => {
  const now = () => Date.now();

  it('is told how long ago that was reached', () => {
    const query = asked({ from: (now() - hour) * 1_000 }, (now() - 2_000) * 1_000);
    expect(Number(query.get('from_age'))).toBeGreaterThanOrEqual(2_000);
    expect(Number(query.get('from_age'))).toBeLessThan(60_000);
  });

  it('is not told so where nobody knows, where it goes on at a position, and newest first', () => {
    const from = now() * 1_000;
    expect(asked({ from }, undefined).has('from_age')).toBe(false);
    expect(asked({ position: 's=1;i=2;b=3;m=4;t=5;x=6' }, from).has('from_age')).toBe(false);
    expect(asked({ from }, from, 'desc').has('from_age')).toBe(false);
  });

  it('is not told of a time before it could have been reached, however the cursor was made up', () => {
    const age = Number(asked({ from: (now() - hour) * 1_000 }, 0).get('from_age'));
    expect(age).toBeGreaterThanOrEqual(2 * hour);
    expect(age).toBeLessThan(2 * hour + 60_000);
  });

  it('is told of none that is yet to come as of now', () => {
    expect(asked({ from: now() * 1_000 }, (now() + hour) * 1_000).get('from_age')).toBe('0');
  });
});
