import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { type Kept, LineBytes } from '../../src/cluster/line-bytes.ts';

const step = fc.record({ length: fc.integer({ min: 1, max: 3_000 }), released: fc.integer({ min: 0, max: 4 }) });

describe('the bytes of a lane', () => {
  property.prop([fc.array(step, { maxLength: 300 })])('stay as they are until they are released', (steps) => {
    const bytes = new LineBytes();
    const kept: { readonly at: Kept; readonly length: number; readonly mark: number }[] = [];
    for (const [n, { length, released }] of steps.entries()) {
      const mark = n % 251;
      kept.push({ at: bytes.keep(Buffer.alloc(length + 2, mark), 1, length + 1), length, mark });
      for (const one of kept.splice(0, released)) {
        expect(one.at.bytes.subarray(one.at.start, one.at.start + one.length)).toEqual(
          Buffer.alloc(one.length, one.mark),
        );
        bytes.release(one.at.bytes, one.at.start + one.length);
      }
    }
    for (const { at, length, mark } of kept) {
      expect(at.bytes.subarray(at.start, at.start + length)).toEqual(Buffer.alloc(length, mark));
    }
  });

  test('are the same memory again and again while they are taken as they come', () => {
    const bytes = new LineBytes();
    const line = Buffer.alloc(1_000);
    const used = new Set<Buffer>();
    let before: Kept | undefined;
    for (let n = 0; n < 1_000; n++) {
      const kept = bytes.keep(line, 0, line.length);
      if (before !== undefined) bytes.release(before.bytes, before.start + line.length);
      before = kept;
      used.add(kept.bytes);
    }
    expect(used.size).toBe(1);
  });
});
