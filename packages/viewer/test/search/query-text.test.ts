import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { negated, parseQuery, printQuery, termsOfFilters } from '../../src/search/query-text.ts';

describe('a query', () => {
  it.each([
    ['connection refused', { grep: ['connection', 'refused'] }],
    ['"connection refused"', { grep: ['connection refused'] }],
    ['a.b (c)', { grep: ['a\\.b', '\\(c\\)'] }],
    ['/time(d )?out/', { grep: ['time(d )?out'] }],
    ['/a\\/b\\d/', { grep: ['a/b\\d'] }],
    ['_UID=0', { filter: ['_UID:0'] }],
    ['_UID!=0 _UID!=1', { filter: ['!_UID:0', '!_UID:1'] }],
    ['UNIT="a b"', { filter: ['UNIT:a b'] }],
    ['TAG=', { filter: ['TAG:'] }],
    ['TAG=a:b=c', { filter: ['TAG:a:b=c'] }],
    ['EXECUTOR_ID~^web', { grep: ['EXECUTOR_ID~^web'] }],
    ['EXECUTOR_ID~/a b/', { grep: ['EXECUTOR_ID~a b'] }],
    ['"FIELD~x"', { grep: ['MESSAGE~FIELD~x'] }],
    ['priority<=err', { priority: ['err'] }],
    ['priority=err', { priority: ['err..err'] }],
    ['priority>=notice', { priority: ['notice..debug'] }],
    ['priority=crit..warning', { priority: ['crit..warning'] }],
    [
      'stream:stderr identifier:sshd boot:-1 kernel:true',
      {
        stream: ['stderr'],
        identifier: ['sshd'],
        boot: ['-1'],
        kernel: ['true'],
      },
    ],
    ['http://x ratio=5 é', { grep: ['http://x', 'ratio=5', 'é'] }],
    ['same same', { grep: ['same'] }],
    ['  ', {}],
  ])('%s is read', (text, filters) => {
    const parsed = parseQuery(text);
    expect(parsed.problems).toEqual([]);
    expect(parsed.filters).toEqual(filters);
  });

  it.each([
    ['a "b', 2, 4, 'Expected a closing quote, found none.'],
    ['/b', 0, 2, 'Expected a closing slash, found none.'],
    ['"a"b c', 3, 4, 'Expected a blank behind the closing quote, found something else.'],
    ['"a\\qb"', 2, 4, 'Expected \\", \\\\, \\n or \\t in quotes, found another escape.'],
    ['x priority<=bad', 12, 15, /^Expected a priority \(emerg, .*\), found "bad"\.$/],
    ['priority<=crit..err', 10, 19, /^Expected a priority/],
    ['stream:x', 7, 8, 'Expected stdout or stderr behind stream, found "x".'],
    ['boot:', 4, 5, /^Expected a number .* found nothing\.$/],
    ['priority<=err priority=info', 14, 27, 'Expected one priority, found another one.'],
    ['//', 0, 2, 'Expected an expression between slashes, found nothing.'],
  ])('%s says what is wrong, and where', (text, from, to, message) => {
    const [problem, ...others] = parseQuery(text).problems;
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ from, to });
    if (typeof message === 'string') expect(problem?.message).toBe(message);
    else expect(problem?.message).toMatch(message);
  });

  it('keeps what can be read beside what cannot', () => {
    const { filters, problems } = parseQuery('good stream:x UNIT=a');
    expect(filters).toEqual({ grep: ['good'], filter: ['UNIT:a'] });
    expect(problems).toHaveLength(1);
  });
});

const piece = fc.oneof(
  fc.constantFrom('FIELD=', '_X!=', 'A~', 'priority<=', 'priority=', 'stream:', 'boot:', 'kernel:true', '"', '/', '\\'),
  fc.constantFrom('err', '0..7', 'stdout', '-1', ' ', 'a b', '.*', '\\.', '[', 'é', '\n', '\t', '!', '~', ':', '='),
  fc.string({ unit: 'grapheme', maxLength: 4 }),
);

describe('filters', () => {
  it('are printed as a query that is read as the same filters, whatever was typed', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const { filters } = parseQuery(pieces.join(''));
        const printed = printQuery(filters);
        const again = parseQuery(printed);
        expect(again.problems.filter(({ message }) => !message.includes('one priority'))).toEqual([]);
        expect(again.filters).toEqual(filters);
        expect(printQuery(again.filters)).toBe(printed);
      }),
      { numRuns: 2_000 },
    );
  });

  it('from an address, however strange, come back as what means the same', () => {
    const value = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.array(value, { maxLength: 4 }), fc.array(value, { maxLength: 4 }), (greps, values) => {
        const filter = values.map((text) => `!TAG:${text}`);
        const printed = printQuery({ grep: greps, filter });
        const { filters, problems } = parseQuery(printed);
        expect(problems).toEqual([]);
        expect(filters.filter ?? []).toEqual([...new Set(filter)]);
        expect(printQuery(filters)).toBe(printQuery(parseQuery(printed).filters));
      }),
      { numRuns: 1_000 },
    );
  });

  it('are terms that can be said of the opposite where they are about a field', () => {
    const terms = termsOfFilters({ filter: ['A:1', '!B:2'], grep: ['x'] });
    expect(terms.map(({ text }) => text)).toEqual(['x', 'A=1', 'B!=2']);
    expect(terms.map(negated)).toEqual([undefined, '!A:1', 'B:2']);
  });
});
