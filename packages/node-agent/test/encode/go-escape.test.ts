import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { appendEscaped, escapedPrefixEnd, escapedSize } from '../../src/encode/go-escape.ts';
import { OutputBuffer } from '../../src/encode/output-buffer.ts';
import { naiveGoString } from './naive.ts';

function escaped(bytes: Uint8Array): string {
  const output = new OutputBuffer();
  const source = Buffer.concat([Buffer.from('<'), bytes, Buffer.from('\u2028')]);
  appendEscaped(output, source, 1, 1 + bytes.length);
  return output.take()?.toString('latin1') ?? '';
}

describe('strings as Go writes them', () => {
  it.each([
    ['quotes and backslashes', 'a"b\\c', 'a\\"b\\\\c'],
    ['line breaks, returns and tabs in short form', 'a\nb\rc\td', 'a\\nb\\rc\\td'],
    ['backspace and form feed in long form', '\b\f', '\\u0008\\u000c'],
    ['other control characters', '\0\x01\x1b\x1f', '\\u0000\\u0001\\u001b\\u001f'],
    ['what a browser could take for HTML', '<a href="x">&', '\\u003ca href=\\"x\\"\\u003e\\u0026'],
    ['U+2028 and U+2029', 'a\u2028b\u2029c', 'a\\u2028b\\u2029c'],
    ['nothing else: DEL, slash, apostrophe', "\x7f/'", "\x7f/'"],
    ['an empty string', '', ''],
  ])('escape %s', (_, text, expected) => {
    expect(escaped(Buffer.from(text))).toBe(expected);
  });

  it('leave valid UTF-8 as it is, U+FFFD and neighbours of U+2028 included', () => {
    const text = 'ä €\u2027\u202a\ufffd\u{10ffff}\u{10000}日本 \ud7ff\ue000';
    expect(escaped(Buffer.from(text))).toBe(Buffer.from(text).toString('latin1'));
  });

  it.each([
    ['a lone continuation byte', [0x80], 1],
    ['a byte that no character starts with', [0xff, 0xfe], 2],
    ['overlong two bytes', [0xc0, 0xaf], 2],
    ['overlong three bytes', [0xe0, 0x9f, 0xbf], 3],
    ['overlong four bytes', [0xf0, 0x8f, 0xbf, 0xbf], 4],
    ['a surrogate', [0xed, 0xa0, 0x80], 3],
    ['a character past U+10FFFF', [0xf4, 0x90, 0x80, 0x80], 4],
    ['a truncated two-byte character', [0xc3], 1],
    ['a truncated three-byte character', [0xe2, 0x82], 2],
    ['a truncated four-byte character', [0xf0, 0x9f, 0x98], 3],
    ['a start byte past F4', [0xf5, 0x80, 0x80, 0x80], 4],
  ])('replace %s byte by byte', (_, bytes, replaced) => {
    expect(escaped(Buffer.from(bytes))).toBe('\\ufffd'.repeat(replaced));
  });

  it('go on after an invalid byte with the very next one', () => {
    expect(escaped(Buffer.from([0xe2, 0x82, 0x41, 0xc3, 0xa4]))).toBe(
      `\\ufffd\\ufffdA${Buffer.from('ä').toString('latin1')}`,
    );
  });

  it('are the same as character by character, for any bytes', () => {
    const nasty = fc.constantFrom(
      0x00,
      0x0a,
      0x22,
      0x3c,
      0x80,
      0xbf,
      0xc2,
      0xe2,
      0xe0,
      0xed,
      0xf0,
      0xf4,
      0xa8,
      0xa9,
      0x41,
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.array(nasty, { maxLength: 60 }).map((some) => Uint8Array.from(some)),
    );
    fc.assert(
      fc.property(bytes, (some) => {
        expect(`"${Buffer.from(escaped(some), 'latin1').toString()}"`).toBe(naiveGoString(some));
      }),
      { numRuns: 1000 },
    );
  });

  it('take no more room than they need, however large the value', () => {
    const output = new OutputBuffer();
    const value = Buffer.alloc(1 << 20, 0x61);
    appendEscaped(output, value, 0, value.length);
    expect(output.bytes.length).toBeLessThanOrEqual(2 << 20);
  });

  it('have a size that is known beforehand, and a longest beginning for each limit', () => {
    const piece = fc.constantFrom('a', '"', '\n', '\u0001', '<', 'é', '€', '\u2028', '𝄞', '\u{fffd}');
    const bytes = fc.oneof(
      fc.array(piece, { maxLength: 40 }).map((pieces) => Buffer.from(pieces.join(''))),
      fc.uint8Array({ maxLength: 60 }).map((some) => Buffer.from(some)),
    );
    fc.assert(
      fc.property(bytes, fc.integer({ min: -3, max: 200 }), (some, limit) => {
        const whole = escaped(some);
        expect(escapedSize(some, 0, some.length)).toBe(whole.length);
        const end = escapedPrefixEnd(some, 0, some.length, limit);
        const beginning = escaped(some.subarray(0, end));
        expect(whole.startsWith(beginning)).toBe(true);
        expect(beginning.length).toBeLessThanOrEqual(Math.max(0, limit));
        if (end < some.length) expect(beginning.length).toBeGreaterThan(limit - 6);
        else expect(whole.length).toBeLessThanOrEqual(Math.max(0, limit));
      }),
      { numRuns: 1000 },
    );
  });
});
