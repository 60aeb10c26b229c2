import { describe, expect, it } from 'vitest';
import { SpentMemory } from '../../src/cluster/spent-memory.ts';

const read = (bytes: number) => Buffer.allocUnsafeSlow(bytes);

describe('the memory of chunks', () => {
  it('is freed when what was read next is there, and not before', () => {
    const spent = new SpentMemory();
    const [first, second] = [read(64 * 1024), read(64 * 1024)];
    spent.next(first.subarray(0, 100));
    spent.next(first.subarray(100, 30_000));
    expect(first.length).toBe(64 * 1024);
    spent.next(second);
    expect([first.buffer.byteLength, second.length]).toEqual([0, 64 * 1024]);
  });

  it('is left alone where Node shares it among buffers', () => {
    const spent = new SpentMemory();
    const pooled = Buffer.from('a chunk of few bytes');
    spent.next(pooled);
    spent.next(read(64 * 1024));
    expect(pooled.toString()).toBe('a chunk of few bytes');
  });
});
