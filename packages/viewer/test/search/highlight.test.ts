import { describe, expect, it } from 'vitest';
import { highlighterOf } from '../../src/search/highlight.ts';

function marked(text: string, grep: readonly string[], find?: string): string[] {
  return (highlighterOf({ grep }, find)?.(text) ?? []).map(([start, end]) => text.slice(start, end));
}

describe('hits', () => {
  it('are words and simple expressions in the message, upper case or not as the API takes it', () => {
    expect(marked('Error: error 42', ['error'])).toEqual(['Error', 'error']);
    expect(marked('Error: error 42', ['Error'])).toEqual(['Error']);
    expect(marked('a.b axb', ['a\\.b'])).toEqual(['a.b']);
    expect(marked('took 15 ms, 7 ms', ['\\d+ ms'])).toEqual(['15 ms', '7 ms']);
    expect(marked('one two', ['one'], 'two')).toEqual(['one', 'two']);
    expect(marked('one two', ['MESSAGE~two'])).toEqual(['two']);
  });

  it('that overlap are marked once', () => {
    expect(marked('abcde', ['abc', 'cde'])).toEqual(['abcde']);
    expect(highlighterOf({ grep: ['a*'] }, undefined)?.('bbb')).toEqual([]);
  });

  it('are not looked for in other fields, nor where nothing is asked', () => {
    expect(highlighterOf({ grep: ['UNIT~x'] }, undefined)).toBeUndefined();
    expect(highlighterOf({}, undefined)).toBeUndefined();
  });

  it('are not marked where only RE2 is safe, or means something else', () => {
    for (const pattern of ['(a+)+$', '(?i)a', 'a{2,}', '.*.*.*x', '[[:alpha:]]', '\\pL', 'a**']) {
      expect([pattern, highlighterOf({ grep: [pattern] }, undefined)]).toEqual([pattern, undefined]);
    }
  });

  it('are found within a moment in the longest and worst of messages', () => {
    const highlight = highlighterOf({ grep: ['.*x', 'a+a+$'] }, undefined);
    const began = performance.now();
    highlight?.('a'.repeat(1_000_000));
    expect(performance.now() - began).toBeLessThan(4_000);
  });
});
