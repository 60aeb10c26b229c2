import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeDecimal, writeHexadecimal, writeHexadecimalWords } from '../../src/encode/digits.ts';

function written(write: (bytes: Buffer, at: number) => number): string {
  const bytes = Buffer.alloc(32, '.');
  return bytes.toString('latin1', 2, write(bytes, 2));
}

const decimal = (value: number) => written((bytes, at) => writeDecimal(bytes, at, value));
const hexadecimal = (value: number) => written((bytes, at) => writeHexadecimal(bytes, at, value));

describe('digits', () => {
  it.each([0, 1, 9, 10, 99, 99_999_999, 1e8, 100_000_001, 2 ** 31, 2 ** 32, 1e15, 1e16 - 2, Number.MAX_SAFE_INTEGER])(
    'of %d are right in both bases',
    (value) => {
      expect(decimal(value)).toBe(String(value));
      expect(hexadecimal(value)).toBe(value.toString(16));
    },
  );

  it('of any safe integer are those of String', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.integer({ min: 0, max: 52 }), (value, bits) => {
        const number = Math.floor(value / 2 ** bits);
        expect(decimal(number)).toBe(String(number));
        expect(hexadecimal(number)).toBe(number.toString(16));
      }),
    );
  });

  it('of numbers past the safe integers are those of the number itself', () => {
    for (const value of [2 ** 53, 2 ** 55 - 2 ** 10, 2 ** 63, 2 ** 64 - 2 ** 11]) {
      expect(decimal(value)).toBe(BigInt(value).toString());
      expect(hexadecimal(value)).toBe(BigInt(value).toString(16));
    }
  });

  it('of two words are those of the 64-bit number', () => {
    const word = fc.oneof(fc.nat(0xffff_ffff), fc.constantFrom(0, 1, 0x8000_0000, 0xffff_ffff));
    fc.assert(
      fc.property(word, word, (high, low) => {
        expect(written((bytes, at) => writeHexadecimalWords(bytes, at, high, low))).toBe(
          ((BigInt(high) << 32n) | BigInt(low)).toString(16),
        );
      }),
    );
  });
});
