import { describe, expect, it } from 'vitest';
import { Generations } from '../../src/encode/generations.ts';

const sized = (bytes: number) => new Generations<{ size: number }>(bytes, (value) => value.size);

describe('a bounded map of two generations', () => {
  it('never holds more than its budget', () => {
    const map = sized(10_000);
    for (let key = 0; key < 1000; key++) {
      map.set(key, { size: key % 900 });
      expect(map.bytes).toBeLessThanOrEqual(10_000);
    }
  });

  it('forgets what was not used and keeps what is', () => {
    const map = sized(10_000);
    const used = { size: 100 };
    map.set(-1, used);
    map.set(-2, { size: 100 });
    for (let key = 0; key < 100; key++) {
      map.set(key, { size: 100 });
      expect(map.get(-1)).toBe(used);
    }
    expect(map.get(-2)).toBeUndefined();
  });

  it('does not keep what alone would fill it', () => {
    const map = sized(10_000);
    map.set(1, { size: 9000 });
    expect(map.get(1)).toBeUndefined();
    expect(map.bytes).toBe(0);
  });

  it('has the last of several values of a key', () => {
    const map = sized(10_000);
    map.set(1, { size: 1 });
    const bytes = map.bytes;
    const last = { size: 1 };
    map.set(1, last);
    expect(map.get(1)).toBe(last);
    expect(map.bytes).toBe(bytes);
  });
});
