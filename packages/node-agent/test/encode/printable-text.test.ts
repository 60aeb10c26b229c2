import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPrintable } from '../../src/encode/printable-text.ts';
import { naivePrintable } from './naive-systemd.ts';

const piece = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 4 }).map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
  fc
    .constantFrom(
      'c2a0',
      'c29f',
      'c080',
      'e0a080',
      'e09f80',
      'ed9fbf',
      'eda080',
      'efb790',
      'efbfbe',
      'f0908080',
      'f08f8080',
      'f48fbfbf',
      'f4908080',
      'f48fbfbd',
      'fe',
      'c2',
    )
    .map((text) => Buffer.from(text, 'hex')),
);

describe('what systemd prints as text', () => {
  it('is valid UTF-8 without control characters and noncharacters', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 5 }), fc.boolean(), (pieces, lineFeeds) => {
        const bytes = Buffer.concat([Buffer.from('\n'), ...pieces, Buffer.from([0xff])]);
        expect(isPrintable(bytes, 1, bytes.length - 1, lineFeeds)).toBe(
          naivePrintable(bytes.subarray(1, bytes.length - 1), lineFeeds),
        );
      }),
      { numRuns: 2000 },
    );
  });
});
