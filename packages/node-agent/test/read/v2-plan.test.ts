import { formatCursor, type Scope, wholeNode } from '@clusterlog/shared';
import { describe, expect, it } from 'vitest';
import { QueryError } from '../../src/read/query-error.ts';
import { planV2, type V2Parameters, type V2Request } from '../../src/read/v2-plan.ts';
import { MemorySource, matches } from './memory-source.ts';

const cursorText =
  's=0123456789abcdef0123456789abcdef;i=1f;b=fedcba9876543210fedcba9876543210;m=2a;t=651234567890a;x=deadbeef';
const node: V2Request = { scope: wholeNode };

function refusal(parameters: V2Parameters, request: V2Request = node): [string, string] {
  try {
    planV2(parameters, request);
  } catch (error) {
    if (error instanceof QueryError) return [error.code, error.message];
    throw error;
  }
  throw new Error('was not refused');
}

const start = { cursor: undefined, skipNext: 0, skipPrev: 0, direction: 'forward' };

describe('a query of API v2', () => {
  it('without parameters asks for everything, from the first entry, without a limit', () => {
    const plan = {
      match: { kind: 'everything' },
      withheld: new Set(),
      position: start,
      limit: Number.POSITIVE_INFINITY,
    };
    expect(planV2({}, node)).toEqual(plan);
    expect(planV2({ cursor: '', skip: '', limit: '' }, node)).toEqual(plan);
    expect(planV2({ cursor: 'BEG', skip: '0', limit: '0' }, node)).toEqual(plan);
  });

  it.each([
    ['skip=-10', { skip: '-10' }, { skipPrev: 10 }],
    ['skip=+3', { skip: '+3' }, { skipNext: 3 }],
    ['skip=-0', { skip: '-0' }, {}],
    ['cursor=BEG&skip=-10', { cursor: 'BEG', skip: '-10' }, { skipPrev: 10 }],
    ['cursor=BEG&skip=3', { cursor: 'BEG', skip: '3' }, { skipNext: 3 }],
    ['cursor=END', { cursor: 'END' }, { skipPrev: 1 }],
    ['cursor=END&skip=0', { cursor: 'END', skip: '0' }, { skipPrev: 1 }],
    ['cursor=END&skip=-3', { cursor: 'END', skip: '-3' }, { skipPrev: 3 }],
    ['cursor=END&skip=3', { cursor: 'END', skip: '3' }, { skipPrev: 1 }],
    ['a skip of 64 bits', { skip: '-9223372036854775808' }, { skipPrev: Number.MAX_SAFE_INTEGER }],
    ['a skip given twice', { skip: ['-1', '-2'] }, { skipPrev: 1 }],
  ])('starts where %s says', (_, parameters, position) => {
    expect(planV2(parameters, node).position).toEqual({ ...start, ...position });
  });

  it.each([
    ['as it is', cursorText],
    ['encoded once more', encodeURIComponent(cursorText)],
  ])('reads a cursor that is %s, and counts the skip from it', (_, cursor) => {
    const { position } = planV2({ cursor, skip: '-2' }, node);
    expect(position.cursor && formatCursor(position.cursor)).toBe(cursorText);
    expect(position).toMatchObject({ skipNext: 0, skipPrev: 2 });
  });

  it('goes on after Last-Event-ID, whatever its cursor and its skip say', () => {
    for (const skip of ['-10', '10']) {
      const { position, limit } = planV2({ cursor: 'END', skip, limit: '5' }, { ...node, lastEventId: cursorText });
      expect(position.cursor && formatCursor(position.cursor)).toBe(cursorText);
      expect(position).toMatchObject({ skipNext: 0, skipPrev: 0 });
      expect(limit).toBe(5);
    }
  });

  it.each([
    ['filter=TAG', { filter: 'TAG' }, 'incorrect filter parameter format, must be ?filer=key:value. Got TAG'],
    ['cursor=abc', { cursor: 'abc' }, 'unable to open journald: Incorrect cursor string'],
    ['cursor=end', { cursor: 'end' }, 'unable to open journald: Incorrect cursor string'],
    ['cursor=s%', { cursor: 's%' }, 'unable to un-escape cursor parameter: invalid URL escape "%"'],
    ['skip=x', { skip: 'x' }, 'unable to parse skip parameter: strconv.Atoi: parsing "x": invalid syntax'],
    ['skip=1.5', { skip: '1.5' }, 'unable to parse skip parameter: strconv.Atoi: parsing "1.5": invalid syntax'],
    [
      'a skip past 64 bits',
      { skip: '9223372036854775808' },
      'unable to parse skip parameter: strconv.Atoi: parsing "9223372036854775808": value out of range',
    ],
    [
      'a skip far below 64 bits',
      { skip: '-9223372036854775809' },
      'unable to parse skip parameter: strconv.Atoi: parsing "-9223372036854775809": value out of range',
    ],
    ['limit=-1', { limit: '-1' }, 'unable to parse limit parameter: strconv.ParseUint: parsing "-1": invalid syntax'],
  ])("refuses %s in dcos-log's words", (_, parameters, message) => {
    expect(refusal(parameters)[1]).toBe(message);
  });

  it.each([':x', 'bad-name:x', 'a b:x', '1ST:x'])('refuses the illegal field of filter %s', (filter) => {
    expect(refusal({ filter })[0]).toBe('filter-field-illegal');
  });

  it.each(['END', 'BEG', 'abc', encodeURIComponent(cursorText)])('refuses the Last-Event-ID %s', (lastEventId) => {
    expect(refusal({}, { ...node, lastEventId })[0]).toBe('cursor-malformed');
  });

  it('names the filter before the limit and the limit before the skip', () => {
    expect(refusal({ filter: 'x', limit: 'x', skip: 'x', cursor: 'x' })[0]).toBe('filter-malformed');
    expect(refusal({ limit: 'x', skip: 'x', cursor: 'x' })[0]).toBe('limit-malformed');
    expect(refusal({ skip: 'x', cursor: 'x' })[0]).toBe('skip-malformed');
  });
});

describe('the log of a component', () => {
  const source = new MemorySource();
  const own = source.append([
    ['_SYSTEMD_UNIT', 'dcos-foo.service'],
    ['TAG', 'a:b+c'],
  ]);
  const about = source.append([
    ['_SYSTEMD_UNIT', 'init.scope'],
    ['UNIT', 'dcos-foo.service'],
  ]);
  const other = source.append([
    ['_SYSTEMD_UNIT', 'dcos-bar.service'],
    ['TAG', 'a:b+c'],
  ]);
  const found = (filter: string[], request: Partial<V2Request> = {}) => {
    const { match } = planV2({ filter }, { ...node, component: 'dcos-foo.service', ...request });
    return [own, about, other].map((entry) => matches(entry, match));
  };

  it('is what the unit wrote and what systemd wrote of it', () => {
    expect(found([])).toEqual([true, true, false]);
    expect(found([], { component: 'dcos-foo' })).toEqual([false, false, false]);
  });

  it('is narrowed by filters and never widened', () => {
    expect(found(['tag:a:b+c'])).toEqual([true, false, false]);
    expect(found(['_SYSTEMD_UNIT:dcos-bar.service'])).toEqual([false, false, false]);
    expect(found(['_SYSTEMD_UNIT:init.scope'])).toEqual([false, true, false]);
  });

  it('is bounded by the scope, and withheld fields are not asked', () => {
    const bounded: Scope = { ...wholeNode, read: [[{ field: 'TAG', in: ['a:b+c'] }]] };
    expect(found([], { scope: bounded })).toEqual([true, false, false]);
    expect(found([], { scope: { ...wholeNode, withhold: [{ field: 'UNIT' }] } })).toEqual([true, false, false]);
    const none: Scope = { ...wholeNode, read: [] };
    expect(found([], { scope: none })).toEqual([false, false, false]);
  });
});
