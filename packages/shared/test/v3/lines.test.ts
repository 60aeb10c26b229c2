import { describe, expect, it } from 'vitest';
import { LineFormatError, parseLine, parseOrigin, realtimeText } from '../../src/v3/lines.ts';

const position = 's=0123456789abcdef0123456789abcdef;i=1;b=0123456789abcdef0123456789abcdef;m=2;t=3;x=4';

describe('a line', () => {
  it('of an entry is cut at fixed places, blanks in the payload included', () => {
    expect(parseLine(`E 0000000000000003 ${position} f/e/c/STDOUT {"fields":{"A":"b c"}}`)).toEqual({
      kind: 'entry',
      realtime: 3,
      position,
      origin: 'f/e/c/STDOUT',
      payload: '{"fields":{"A":"b c"}}',
    });
  });

  it('of an entry may have an empty payload', () => {
    expect(parseLine(`E 0000000000000003 ${position} - `)).toMatchObject({ origin: '-', payload: '' });
  });

  it('of a watermark may have no position', () => {
    expect(parseLine('W 0000000000000009 -')).toEqual({ kind: 'watermark', realtime: 9, position: undefined });
    expect(parseLine(`W 0000000000000009 ${position}`)).toMatchObject({ position });
  });

  it('of a gap may have no time', () => {
    expect(parseLine('G - {"reason":"vacuumed","from":5}')).toEqual({
      kind: 'gap',
      realtime: undefined,
      gap: { reason: 'vacuumed', from: 5 },
    });
    expect(parseLine('G 0000000000000007 {"reason":"damaged"}')).toMatchObject({ realtime: 7 });
  });

  it('of the end says why', () => {
    expect(parseLine('X - {"reason":"end"}')).toEqual({ kind: 'end', position: undefined, reason: 'end' });
    expect(parseLine(`X ${position} {"reason":"limit"}`)).toEqual({ kind: 'end', position, reason: 'limit' });
  });

  it('of an error is a problem', () => {
    expect(parseLine('! {"code":"internal"}')).toEqual({ kind: 'error', problem: { code: 'internal' } });
  });

  it.each(['', 'E', 'Q 1', 'E x', `E 3 ${position} - {}`, 'W abc -', 'G - {', 'X - 5', 'hello world'])(
    'is not %j',
    (text) => {
      expect(() => parseLine(text)).toThrow(LineFormatError);
    },
  );
});

describe('an origin', () => {
  it('names framework, executor, container and stream', () => {
    expect(parseOrigin('f%2F1/e%201/c/STDERR')).toEqual({
      framework: 'f/1',
      executor: 'e 1',
      container: 'c',
      stream: 'STDERR',
    });
  });

  it('may name only some of them', () => {
    expect(parseOrigin('//c/')).toEqual({ container: 'c' });
    expect(parseOrigin('-')).toEqual({});
  });

  it('keeps what is no UTF-8 as it is written', () => {
    expect(parseOrigin('/%FF//')).toEqual({ executor: '%FF' });
  });
});

describe('a realtime in a line', () => {
  it('has 16 digits', () => {
    expect(realtimeText(1_795_269_600_000_000)).toBe('1795269600000000');
    expect(realtimeText(5)).toBe('0000000000000005');
  });
});
