import fc from 'fast-check';
import { RE2JS } from 're2js';
import { expect, it } from 'vitest';
import { grep, PatternError } from '../../src/journal/grep.ts';
import { patternSize } from '../../src/journal/pattern-size.ts';

it.each([
  ['abc', 3],
  ['.{0,1000}', 1_000],
  ['(?:ab){3}c', 7],
  ['(a{10}b){20}', 220],
  ['[a-z]{5,}', 5],
  ['[]a]{7}', 7],
  ['[[:alpha:]{9}]', 1],
  [String.raw`\p{Greek}{3}`, 3],
  [String.raw`\x{10FFFF}{4}`, 4],
  [String.raw`\Qa{1000}\E`, 7],
  [String.raw`a\{1000\}`, 7],
  ['(?P<name>ab){3}', 6],
  ['a{,5}', 5],
  ['(((((x{50}){50}', 2_500],
  ['){9}', 9],
])('guesses the size of %s', (pattern, size) => {
  expect(patternSize(pattern)).toBe(size);
});

const atom = fc.constantFrom(
  'a',
  '.',
  '[a-z]',
  String.raw`\d`,
  String.raw`\p{L}`,
  '[^]x]',
  'é',
  '^',
  String.raw`\Q{2}\E`,
);
const part = fc.oneof(
  atom,
  fc
    .tuple(atom, fc.integer({ min: 0, max: 9 }), fc.integer({ min: 9, max: 500 }))
    .map(([one, a, b]) => `${one}{${a},${b}}`),
  fc.tuple(atom, atom, fc.integer({ min: 0, max: 500 })).map(([one, other, n]) => `(?:${one}|${other}){${n}}`),
  fc
    .tuple(atom, fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 30 }))
    .map(([one, n, m]) => `(${one}{${n}}){${m}}`),
  fc.tuple(atom, fc.constantFrom('*', '+', '??')).map(([one, sign]) => `(${one})${sign}`),
);

it('never keeps back a pattern that is small enough when it is compiled', () => {
  let kept = 0;
  fc.assert(
    fc.property(fc.array(part, { minLength: 8, maxLength: 24 }), (parts) => {
      const text = parts.join('');
      if (patternSize(text) <= 4_000) return;
      kept++;
      expect(RE2JS.compile(text).programSize(), text).toBeGreaterThan(1_000);
    }),
    { numRuns: 150 },
  );
  expect(kept).toBeGreaterThan(5);
}, 20_000);

it('spares compiling what would keep everyone else waiting', () => {
  const large = ['.{0,1000}'.repeat(100), '(?:x{30}){30}'.repeat(70), 'é{999}'.repeat(140)];
  for (const text of large) {
    const before = process.cpuUsage();
    expect(() => grep('MESSAGE', text)).toThrow(PatternError);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_000, text.slice(0, 20)).toBeLessThan(100);
  }
});
