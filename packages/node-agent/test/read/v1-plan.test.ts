import { formatCursor, type Scope, wholeNode } from '@clusterlog/shared';
import { describe, expect, it } from 'vitest';
import { QueryError } from '../../src/read/query-error.ts';
import { planV1, type V1Parameters, type V1Request } from '../../src/read/v1-plan.ts';
import { MemorySource, matches } from './memory-source.ts';

const cursorText =
  's=0123456789abcdef0123456789abcdef;i=1f;b=fedcba9876543210fedcba9876543210;m=2a;t=651234567890a;x=deadbeef';
const range: V1Request = { stream: false, scope: wholeNode };
const stream: V1Request = { stream: true, scope: wholeNode };

function refusal(parameters: V1Parameters, request: V1Request = range): [string, string] {
  try {
    planV1(parameters, request);
  } catch (error) {
    if (error instanceof QueryError) return [error.code, error.message];
    throw error;
  }
  throw new Error('was not refused');
}

describe('a query of API v1', () => {
  it('without parameters asks for everything, from the first entry, without a limit', () => {
    expect(planV1({}, range)).toEqual({
      match: { kind: 'everything' },
      withheld: new Set(),
      position: { cursor: undefined, skipNext: 0, skipPrev: 0, direction: 'forward' },
      limit: Number.POSITIVE_INFINITY,
    });
  });

  it('takes empty parameters for absent ones and the first of repeated ones', () => {
    const plan = planV1(
      { cursor: '', limit: ['', '3'], skip_next: '', skip_prev: ['2', '5'], read_reverse: '' },
      range,
    );
    expect(plan.limit).toBe(Number.POSITIVE_INFINITY);
    expect(plan.position).toEqual({ cursor: undefined, skipNext: 0, skipPrev: 2, direction: 'forward' });
  });

  it.each([
    ['as it is', cursorText],
    ['encoded once more', encodeURIComponent(cursorText)],
    ['encoded in part, in upper and lower case', cursorText.replaceAll('=', '%3D').replaceAll(';', '%3b')],
  ])('reads a cursor that is %s', (_, cursor) => {
    const plan = planV1({ cursor }, range);
    expect(plan.position.cursor && formatCursor(plan.position.cursor)).toBe(cursorText);
  });

  it.each([
    [
      'a cursor that is none',
      { cursor: 'abc' },
      'cursor-malformed',
      'Error opening journal reader: Incorrect cursor string',
    ],
    [
      'a cursor cut short',
      { cursor: cursorText.slice(0, 40) },
      'cursor-malformed',
      'Error opening journal reader: Incorrect cursor string',
    ],
    [
      'a bad escape in the cursor',
      { cursor: 's%3' },
      'cursor-malformed',
      'Unable to unescape cursor parameter: invalid URL escape "%3"',
    ],
    [
      'a limit below zero',
      { limit: '-1' },
      'limit-malformed',
      'Error parsing paramter `limit`: strconv.ParseUint: parsing "-1": invalid syntax',
    ],
    [
      'a limit that is no number',
      { limit: 'abc' },
      'limit-malformed',
      'Error parsing paramter `limit`: strconv.ParseUint: parsing "abc": invalid syntax',
    ],
    [
      'a limit past 64 bits',
      { limit: '18446744073709551616' },
      'limit-malformed',
      'Error parsing paramter `limit`: strconv.ParseUint: parsing "18446744073709551616": value out of range',
    ],
    [
      'a broken skip_next',
      { skip_next: '1.5' },
      'skip-malformed',
      'Error parsing parameter skip_next: strconv.ParseUint: parsing "1.5": invalid syntax',
    ],
    [
      'a broken skip_prev',
      { skip_prev: 'x' },
      'skip-malformed',
      'Error parsing parameter skip_prev: strconv.ParseUint: parsing "x": invalid syntax',
    ],
    [
      'a broken read_reverse',
      { read_reverse: 'yes' },
      'read-reverse-malformed',
      'strconv.ParseBool: parsing "yes": invalid syntax',
    ],
    [
      'a filter without a colon',
      { filter: 'STREAM' },
      'filter-malformed',
      'Incorrect filter parameter format, must be ?filer=key:value. Got STREAM',
    ],
    [
      'an empty filter',
      { filter: '' },
      'filter-malformed',
      'Incorrect filter parameter format, must be ?filer=key:value. Got ',
    ],
  ])("refuses %s in dcos-log's words", (_, parameters, code, message) => {
    expect(refusal(parameters)).toEqual([code, message]);
  });

  it.each([':x', 'bad-name:x', 'a b:x', '1ST:x', `${'A'.repeat(65)}:x`, 'fıeld:x'])(
    'refuses the illegal field of filter %s',
    (filter) => {
      expect(refusal({ filter: ['STREAM:STDOUT', filter] })[0]).toBe('filter-field-illegal');
    },
  );

  it('names the filter before the cursor, the limit and the rest', () => {
    expect(refusal({ filter: 'x', cursor: 'x', limit: 'x', skip_next: 'x', read_reverse: 'x' })[0]).toBe(
      'filter-malformed',
    );
    expect(refusal({ cursor: '%', limit: 'x', skip_next: 'x' })[0]).toBe('cursor-malformed');
    expect(refusal({ limit: 'x', skip_next: 'x' })[0]).toBe('limit-malformed');
  });

  it('takes numbers as large as 64 bits for "all there are"', () => {
    const plan = planV1({ skip_prev: '18446744073709551615', limit: '000' }, range);
    expect(plan.position.skipPrev).toBe(Number.MAX_SAFE_INTEGER);
    expect(plan.limit).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('a stream of API v1', () => {
  it('refuses a limit but takes limit=0', () => {
    expect(refusal({ limit: '5' }, stream)).toEqual([
      'limit-on-stream',
      'Unable to stream events with `limit` parameter',
    ]);
    expect(planV1({ limit: '0' }, stream).limit).toBe(Number.POSITIVE_INFINITY);
  });

  it.each(['true', 'false', 'yes'])('refuses read_reverse=%s', (read_reverse) => {
    expect(refusal({ read_reverse }, stream)).toEqual([
      'read-reverse-on-stream',
      'Unable to stream events with `read_reverse` parameter',
    ]);
  });

  it('resumes after Last-Event-ID and skips nothing again', () => {
    const query = { cursor: 'stale', skip_prev: '10', skip_next: '3' };
    const plan = planV1(query, { ...stream, lastEventId: cursorText });
    expect(plan.position.cursor && formatCursor(plan.position.cursor)).toBe(cursorText);
    expect(plan.position).toMatchObject({ skipNext: 0, skipPrev: 0 });
  });

  it('does not unescape Last-Event-ID, and refuses one that is no cursor', () => {
    expect(refusal({}, { ...stream, lastEventId: encodeURIComponent(cursorText) })[0]).toBe('cursor-malformed');
  });

  it('alone looks at Last-Event-ID: a range ignores it', () => {
    expect(planV1({ skip_prev: '1' }, { ...range, lastEventId: 'nonsense' }).position.skipPrev).toBe(1);
  });
});

describe('filters', () => {
  const source = new MemorySource();
  const entry = source.append([
    ['MESSAGE', 'a:b:c'],
    ['STREAM', 'STDOUT'],
    ['CONTAINER_ID', 'mine'],
    ['FRAMEWORK_ID', 'f'],
    ['EXECUTOR_ID', 'e'],
    ['EMPTY', ''],
  ]);
  const path = { framework: 'f', executor: 'e', container: 'mine' };
  const fits = (filter: string[], more: Partial<V1Request> = {}) =>
    matches(entry, planV1({ filter }, { ...range, ...more }).match);

  it('take the value from the first colon on', () => {
    expect(fits(['MESSAGE:a:b:c'])).toBe(true);
    expect(fits(['MESSAGE:a:b'])).toBe(false);
  });

  it('take the field in any case and the value as it is', () => {
    expect(fits(['stReam:STDOUT'])).toBe(true);
    expect(fits(['STREAM:stdout'])).toBe(false);
  });

  it('of one field are alternatives, of different fields conditions', () => {
    expect(fits(['STREAM:STDERR', 'STREAM:STDOUT'])).toBe(true);
    expect(fits(['STREAM:STDOUT', 'CONTAINER_ID:other'])).toBe(false);
  });

  it('with an empty value ask for the empty value', () => {
    expect(fits(['EMPTY:'])).toBe(true);
    expect(fits(['STREAM:'])).toBe(false);
  });

  it("never widen the container that the path names, not even by the path's own fields", () => {
    expect(fits([], { path })).toBe(true);
    const widening = ['CONTAINER_ID:mine', 'FRAMEWORK_ID:f', 'EXECUTOR_ID:e'];
    expect(fits(widening, { path: { ...path, container: 'yours' } })).toBe(false);
  });

  it('on a withheld field match nothing, so that no value can be guessed', () => {
    const scope: Scope = { ...wholeNode, withhold: [{ field: 'STREAM' }, { field: 'MESSAGE', pattern: 'b' }] };
    expect(fits([], { scope })).toBe(true);
    expect(fits(['STREAM:STDOUT'], { scope })).toBe(false);
    expect(fits(['STREAM:STDOUT', 'STREAM:STDERR'], { scope })).toBe(false);
    expect(fits(['MESSAGE:a:b:c'], { scope })).toBe(false);
    expect(fits(['CONTAINER_ID:mine'], { scope })).toBe(true);
  });
});
