import { describe, expect, it } from 'vitest';
import { accept, namesFor, valuesFor, wantedAt } from '../../src/search/suggestions.ts';

/** What is wanted where the caret is, shown as `|`. */
function wanted(text: string) {
  return wantedAt(text.replace('|', ''), text.indexOf('|'));
}

describe('what is being typed', () => {
  it('is a name, or a value of a field', () => {
    expect(wanted('a sys| b')).toMatchObject({ from: 2, to: 5, start: '', typed: 'sys', field: undefined });
    expect(wanted('UNIT=ss|')).toMatchObject({ start: 'UNIT=', typed: 'ss', field: 'UNIT' });
    expect(wanted('UNIT!="a b|"')).toMatchObject({ start: 'UNIT!=', typed: 'a b', field: 'UNIT' });
    expect(wanted('identifier:x|')).toMatchObject({ start: 'identifier:', field: 'SYSLOG_IDENTIFIER' });
    expect(wanted('stream:|')).toMatchObject({ start: 'stream:', values: ['stdout', 'stderr'] });
    expect(wanted('priority<=w|')?.values).toContain('warning');
    for (const text of ['|', 'a |', '/re|', '"words|']) expect(wanted(text)).toBeUndefined();
  });

  it('is met by names that begin with it, then by those that hold it, those on the screen too', () => {
    const name = wanted('sys|');
    expect(name && namesFor(name, ['MY_SYSTEM', 'SYS_OWN']).map(({ text }) => text)).toEqual([
      'SYSLOG_IDENTIFIER=',
      'SYS_OWN=',
      '_SYSTEMD_UNIT=',
      'MY_SYSTEM=',
    ]);
    const key = wanted('str|');
    expect(key && namesFor(key, []).map(({ text }) => text)).toEqual(['stream:', 'STREAM=']);
  });

  it('is met by values that hold it, quoted where they have to be, with how many there are', () => {
    const value = wanted('UNIT=B|');
    const values = [{ value: 'a b', entries: 1_200 }, { value: 'c', entries: 7 }, { value: 'bb' }];
    expect(value && valuesFor(value, values)).toEqual([
      { text: 'UNIT="a b"', detail: '1,200' },
      { text: 'UNIT=bb', detail: undefined },
    ]);
  });
});

describe('a suggestion', () => {
  it('stands in the place of what was typed, and the caret where one goes on', () => {
    expect(accept('x UNI y', { from: 2, to: 5 }, { text: 'UNIT=' })).toEqual({ text: 'x UNIT= y', caret: 7 });
    expect(accept('UNIT=a', { from: 0, to: 6 }, { text: 'UNIT=ab' })).toEqual({ text: 'UNIT=ab ', caret: 8 });
    expect(accept('UNIT=a b', { from: 0, to: 6 }, { text: 'UNIT=ab' })).toEqual({ text: 'UNIT=ab b', caret: 8 });
  });
});
