import { describe, expect, it } from 'vitest';
import { type BootAges, compareEntries, type EntryKey, isSameEntry } from '../../../src/journal/log/entry-order.ts';

const base: EntryKey = {
  realtime: 1000,
  monotonic: 100,
  seqnum: 10,
  seqnumId: 's1',
  bootId: 'b1',
  xorHashHigh: 1,
  xorHashLow: 1,
};
const entry = (changes: Partial<EntryKey>): EntryKey => ({ ...base, ...changes });

const ages: BootAges = {
  newestOf: (bootId) =>
    ({
      b1: { machineId: 'm1', realtime: 5000 },
      b2: { machineId: 'm1', realtime: 4000 },
      b3: { machineId: 'm2', realtime: 1 },
    })[bootId],
};

function expectBefore(a: EntryKey, b: EntryKey): void {
  expect(compareEntries(a, b, ages)).toBeLessThan(0);
  expect(compareEntries(b, a, ages)).toBeGreaterThan(0);
}

describe('the order of entries', () => {
  it('is that of the counter where both were numbered by one, whatever the clocks say', () => {
    expectBefore(entry({ seqnum: 1, realtime: 9000, monotonic: 900 }), entry({ seqnum: 2 }));
  });

  it('is monotonic within a boot, whatever the realtime says', () => {
    expectBefore(entry({ seqnumId: 's2', monotonic: 50, realtime: 9000 }), entry({}));
  });

  it('is that of the newest entries between boots of one machine', () => {
    expectBefore(entry({ seqnumId: 's2', bootId: 'b2', realtime: 9000, monotonic: 900 }), entry({}));
  });

  it('is realtime between machines, and where a boot’s newest entry is unknown', () => {
    expectBefore(entry({}), entry({ seqnumId: 's2', bootId: 'b3', realtime: 1001, monotonic: 1 }));
    expectBefore(entry({}), entry({ seqnumId: 's2', bootId: 'b9', realtime: 1001, monotonic: 1 }));
  });

  it('is realtime, then the xor hash as a number, where nothing else differs', () => {
    expectBefore(entry({ seqnumId: 's2' }), entry({ realtime: 1001 }));
    expectBefore(entry({ seqnumId: 's2', xorHashLow: 9 }), entry({ xorHashHigh: 2, xorHashLow: 0 }));
    expectBefore(entry({ seqnumId: 's2', xorHashLow: 0x7fff_ffff }), entry({ xorHashLow: 0xffff_ffff }));
    expect(compareEntries(entry({ seqnumId: 's2' }), entry({}), ages)).toBe(0);
  });
});

describe('an entry', () => {
  it('is the same only when boot, times, xor hash, counter and number are', () => {
    expect(isSameEntry(entry({}), entry({}))).toBe(true);
    for (const change of [
      { realtime: 1 },
      { monotonic: 1 },
      { seqnum: 1 },
      { seqnumId: 's2' },
      { bootId: 'b2' },
      { xorHashHigh: 2 },
      { xorHashLow: 2 },
    ]) {
      expect(isSameEntry(entry({}), entry(change))).toBe(false);
    }
  });
});
