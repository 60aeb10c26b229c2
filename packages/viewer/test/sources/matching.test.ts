import { describe, expect, test } from 'vitest';
import { fit, folded, partsOf } from '../../src/sources/matching.ts';

describe('finding a source by what is typed', () => {
  test.each([
    ['Ärger', 'arger'],
    ['ＷＥＢ', 'web'],
    ['İstanbul', 'istanbul'],
    ['cafe\u0301', 'cafe'],
  ])('leaves out case, accents and forms: %s', (text, plain) => {
    expect(folded(text)).toBe(plain);
  });

  test.each([
    ['front web', true],
    ['web front', true],
    ['fro we', true],
    ['web back', false],
  ])('wants every part, in any order: %s', (typed, fits) => {
    expect(fit('/web/frontend', partsOf(typed)) !== undefined).toBe(fits);
  });

  test('likes a beginning better than the beginning of a word, and that better than the middle of one', () => {
    const ranked = ['/shop/recart', '/shop/cart', 'cart.service'].sort(
      (a, b) => (fit(a, ['cart']) ?? 0) - (fit(b, ['cart']) ?? 0),
    );
    expect(ranked).toEqual(['cart.service', '/shop/cart', '/shop/recart']);
  });

  test('sees that a part begins a word further on', () => {
    expect(fit('/scart/cart', ['cart'])).toBeLessThan(fit('/scart/scar', ['cart']) ?? 0);
  });

  test('takes what would be an expression elsewhere for text', () => {
    expect(fit(folded('a.*b'), partsOf('.*'))).toBeDefined();
    expect(fit('ab', partsOf('.*'))).toBeUndefined();
  });
});
