import { expect, it } from 'vitest';
import { bucketOf, payloadHash } from '../../../src/journal/file/hash.ts';
import { lookup3 } from '../../../src/journal/file/lookup3.ts';

it('gives the values that lookup3 publishes for itself', () => {
  expect(lookup3(Buffer.from(''))).toEqual({ high: 0xdeadbeef, low: 0xdeadbeef });
  expect(lookup3(Buffer.from('Four score and seven years ago'))).toEqual({ high: 0x17770551, low: 0xce7226e6 });
});

it('reads the same whatever memory lies behind the bytes', () => {
  const text = 'FIELD=a value of thirty-one bytes';
  for (let length = 0; length <= text.length; length++) {
    const padded = Buffer.from(`~~~${text}~~~`).subarray(3, 3 + length);
    expect(lookup3(padded)).toEqual(lookup3(Buffer.from(text.slice(0, length))));
  }
});

it('hashes with SipHash under the file id where a file says so', () => {
  // The reference vector of SipHash-2-4: key 00 … 0f, message 00 … 0e.
  const key = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
  expect(payloadHash(key.subarray(0, 15), true, key)).toEqual({ high: 0xa129ca61, low: 0x49be45e5 });
});

it('finds the bucket by the whole 64-bit remainder', () => {
  expect(bucketOf({ high: 0xffffffff, low: 0xffffffff }, 233_016)).toBe(Number(0xffffffffffffffffn % 233_016n));
});
