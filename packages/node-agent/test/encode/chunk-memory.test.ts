import { describe, expect, it } from 'vitest';
import { giveMemoryBack, lendMemory } from '../../src/encode/chunk-memory.ts';

const size = 64 * 1024;

describe('memory for chunks', () => {
  it('is lent again once given back, and not before', () => {
    const first = lendMemory(size);
    const second = lendMemory(size);
    expect(second.buffer).not.toBe(first.buffer);
    giveMemoryBack(first.subarray(0, 10));
    expect(lendMemory(size).buffer).toBe(first.buffer);
  });

  it('given back twice is lent to one only', () => {
    const memory = lendMemory(size);
    giveMemoryBack(memory);
    giveMemoryBack(memory);
    expect(lendMemory(size).buffer).toBe(memory.buffer);
    expect(lendMemory(size).buffer).not.toBe(memory.buffer);
  });

  it('that somebody else made is not taken', () => {
    const foreign = Buffer.alloc(size);
    giveMemoryBack(foreign);
    expect(lendMemory(size).buffer).not.toBe(foreign.buffer);
  });

  it('is as large as asked for', () => {
    for (const wanted of [0, 1, 8192, 8193, 3_000_000])
      expect(lendMemory(wanted).length).toBeGreaterThanOrEqual(wanted);
  });

  it('of giant entries, or of very many chunks, is not kept', () => {
    const giant = lendMemory(3_000_000);
    giveMemoryBack(giant);
    expect(lendMemory(3_000_000).buffer).not.toBe(giant.buffer);
    const many = Array.from({ length: 100 }, () => lendMemory(128 * 1024));
    for (const memory of many) giveMemoryBack(memory);
    const again = new Set(Array.from({ length: 100 }, () => lendMemory(128 * 1024).buffer));
    expect(many.filter(({ buffer }) => again.has(buffer)).length).toBeLessThanOrEqual(32);
  });
});
