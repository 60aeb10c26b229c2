import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ItemFields } from '../../src/encode/item-fields.ts';

describe('the table of items', () => {
  it('remembers items by file and id, however large the id', () => {
    const items = new ItemFields();
    const ids = [64, 72, 2 ** 31, 2 ** 32 + 64, 2 ** 45];
    for (const domain of [0, 1, 4095]) for (const [field, id] of ids.entries()) items.set(domain, id, field + domain);
    for (const domain of [0, 1, 4095]) {
      expect(ids.map((id) => items.get(domain, id))).toEqual(ids.map((_, field) => field + domain));
    }
    expect(items.get(2, 64)).toBe(-1);
    expect(items.get(0, 80)).toBe(-1);
  });

  it('may forget an item, but never takes it for one of another field', () => {
    const item = fc.tuple(fc.nat(3), fc.nat(100_000));
    const items = new ItemFields();
    const written = new Map<string, number>();
    fc.assert(
      fc.property(item, fc.nat(4095), ([domain, id], field) => {
        const key = `${domain} ${id}`;
        const known = written.get(key) ?? field;
        written.set(key, known);
        items.set(domain, id, known);
        for (const [one, expected] of written) {
          const [oneDomain = 0, oneId = 0] = one.split(' ').map(Number);
          expect([-1, expected]).toContain(items.get(oneDomain, oneId));
        }
      }),
      { numRuns: 300 },
    );
  });
});
