import { type Scope, type WithholdRule, wholeNode } from '@clusterlog/shared';
import { describe, expect, it } from 'vitest';
import { longestSearched, redactionOf } from '../../src/read/redaction.ts';

const withholding = (...withhold: WithholdRule[]): Scope => ({ ...wholeNode, withhold });

function shown(value: string | Buffer, ...patterns: string[]): string | Buffer {
  const rules = patterns.map((pattern) => ({ field: 'MESSAGE', pattern }));
  const bytes = redactionOf(withholding(...rules))?.shownValue('MESSAGE', Buffer.from(value)) ?? Buffer.from('none');
  return typeof value === 'string' ? bytes.toString() : bytes;
}

describe('a redaction', () => {
  it.each([
    ['login password=hunter2 ok', ['password=\\S+'], 'login [withheld] ok'],
    ['nothing here', ['password=\\S+'], 'nothing here'],
    ['password=a password=b', ['password=\\S+'], '[withheld] [withheld]'],
    ['', ['x'], ''],
    ['aaaa', ['a'], '[withheld]'],
    ['user=jo password=x', ['user=\\w+', 'user=\\w+ password=\\w+'], '[withheld]'],
    ['abcdef', ['bcd', 'def'], 'a[withheld]'],
    ['abcdef', ['x*'], 'abcdef'],
    ['Größe=ß12 ok', ['ß\\d+'], 'Größe=[withheld] ok'],
    ['SECRET secret', ['(?i)secret'], '[withheld] [withheld]'],
    ['line\nkey=1\nend', ['(?m)^key=.*$'], 'line\n[withheld]\nend'],
  ])('shows %j without %j as %j', (value, patterns, expected) => {
    expect(shown(value, ...patterns)).toBe(expected);
  });

  it('searches what is no UTF-8, and leaves the bytes beside a match as they are', () => {
    const value = Buffer.from([0xff, 0x00, 0x6b, 0x3d, 0x31, 0x20, 0xc3]);
    const expected = Buffer.concat([Buffer.from([0xff, 0]), Buffer.from('[withheld]'), Buffer.from([0x20, 0xc3])]);
    expect(shown(value, 'k=\\d')).toEqual(expected);
  });

  it('shows nothing of a value that is too long to be searched', () => {
    expect(shown('x'.repeat(longestSearched), 'password')).toBe('x'.repeat(longestSearched));
    expect(shown('x'.repeat(longestSearched + 1), 'password')).toBe('[withheld]');
  });

  it('ends with what a value makes take long, and shows nothing of the rest', () => {
    // Each match is found only after a search to the end of the value.
    const started = performance.now();
    const text = shown(`go ${'a '.repeat(30_000)}`, 'a(?: [^b]*b)?') as string;
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(text).toMatch(/^go \[withheld\]/);
    expect(text.endsWith('[withheld]')).toBe(true);
  });

  it('hides a field that has a rule without a pattern, whatever other rules say', () => {
    const redaction = redactionOf(
      withholding({ field: 'A', pattern: 'x' }, { field: 'A' }, { field: 'B', pattern: 'x' }),
    );
    expect([...(redaction?.hidden ?? [])]).toEqual(['A']);
    expect([redaction?.concerns('A'), redaction?.concerns('B')]).toEqual([false, true]);
  });

  it('hides a field whose pattern it does not understand, and boot ids', () => {
    const redaction = redactionOf(withholding({ field: 'A', pattern: '(' }, { field: '_BOOT_ID', pattern: '0' }));
    expect([...(redaction?.hidden ?? [])]).toEqual(['A', '_BOOT_ID']);
  });

  it('is the same for all scopes that withhold the same, and none where nothing is withheld', () => {
    const rules = [{ field: 'A', pattern: 'x' }];
    expect(redactionOf(withholding(...rules))).toBe(redactionOf({ ...withholding(...rules), read: [] }));
    expect(redactionOf(wholeNode)).toBeUndefined();
  });
});
