import { expect, it } from 'vitest';
import { type GrepOptions, grep, PatternError } from '../../src/journal/grep.ts';
import { matchesFields } from '../../src/journal/journalctl/journalctl-match.ts';

function finds(pattern: string, value: string | Buffer, options?: GrepOptions): boolean {
  const match = grep('MESSAGE', pattern, options);
  return matchesFields(match, new Map([['MESSAGE', [Buffer.from(value as string)]]]), 0);
}

it('ignores case unless the pattern has an upper-case letter', () => {
  expect(finds('error', 'an ERROR occurred')).toBe(true);
  expect(finds('Error', 'an ERROR occurred')).toBe(false);
  expect(finds('Error', 'an ERROR occurred', { case: 'insensitive' })).toBe(true);
  expect(finds('error', 'an ERROR occurred', { case: 'sensitive' })).toBe(false);
  expect(finds('größe', 'GRÖSSE oder GRÖßE')).toBe(true);
});

it('finds a part anywhere, in any line, whatever bytes are around it', () => {
  expect(finds('(?m)^second', 'first\nsecond')).toBe(true);
  expect(finds('end$', `${'x'.repeat(1_000_000)} the end`)).toBe(true);
  expect(finds('caf[eé]', Buffer.from([0xff, 0x00, ...Buffer.from('café'), 0xfe]))).toBe(true);
});

it('takes no longer for a hostile pattern', () => {
  const started = performance.now();
  expect(finds('(a+)+$', `${'a'.repeat(50_000)}!`)).toBe(false);
  expect(performance.now() - started).toBeLessThan(1_000);
});

it.each([
  ['(', /no regular expression of RE2: .*missing closing/],
  ['(a)\\1', /no regular expression of RE2: .*invalid escape/],
  ['(?=a)', /no regular expression of RE2/],
  ['a'.repeat(1001), /at most 1000 characters, this one 1001/],
  ['[a-z]{600}[0-9]{600}', /too large/],
])('refuses %s', (pattern, message) => {
  expect(() => grep('MESSAGE', pattern)).toThrow(PatternError);
  expect(() => grep('MESSAGE', pattern)).toThrow(message);
});

it('gives equal tests equal names, and others other ones', () => {
  const name = (pattern: string, options?: GrepOptions): string => {
    const match = grep('MESSAGE', pattern, options);
    return match.kind === 'value' ? match.test.name : '';
  };
  expect(name('a')).toBe(name('a', { case: 'insensitive' }));
  expect(name('a')).not.toBe(name('a', { case: 'sensitive' }));
  expect(name('a')).not.toBe(name('b'));
});
