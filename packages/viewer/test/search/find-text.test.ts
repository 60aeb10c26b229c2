import { describe, expect, it } from 'vitest';
import { findingText, findOf, findText } from '../../src/search/find-text.ts';

describe('what is looked for', () => {
  it.each([
    ['plain text', 'plain text'],
    ['a.b (c)', 'a\\.b \\(c\\)'],
    ['/a.b/', 'a.b'],
    ['/a\\/b+/', 'a/b+'],
    ['/unclosed', '/unclosed'],
  ])('is typed as %s and stays so', (text, expression) => {
    expect(findOf(text)).toBe(expression);
    expect(findText(expression)).toBe(text);
    expect(findOf(findText(expression))).toBe(expression);
  });

  it('may be nothing', () => {
    expect(findOf('')).toBeUndefined();
    expect(findText(undefined)).toBe('');
  });

  it('that only looks like an expression stays text', () => {
    expect(findOf(findText('/usr/'))).toBe('/usr/');
  });
});

describe('a search', () => {
  it('says how far it has got, and how long it takes', () => {
    const searching = { state: 'searching', sought: 'hit', direction: 'older', since: 1_000 } as const;
    expect(findingText({ ...searching, reached: undefined }, 1_500, 'utc')).toBe('Searching older hits');
    expect(findingText({ ...searching, reached: 1_795_269_600_123_456 }, 8_000, 'utc')).toBe(
      'Searching older hits · at 2026-11-21 14:00:00 · 7 s',
    );
    expect(findingText({ state: 'none', sought: 'error', direction: 'newer' }, 0, 'utc')).toBe('No newer error.');
    expect(findingText({ state: 'failed', message: 'no' }, 0, 'utc')).toBe('no');
  });
});
