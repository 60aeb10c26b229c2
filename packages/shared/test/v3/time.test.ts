import { describe, expect, it } from 'vitest';
import { absoluteTime, parseDuration, parseTime, TimeFormatError, timeText } from '../../src/v3/time.ts';

const now = Date.parse('2026-11-21T14:00:00Z') * 1000;

describe('a time', () => {
  it.each([
    ['2026-11-21T14:00:00Z', now],
    ['2026-11-21t14:00:00z', now],
    ['2026-11-21T15:30:00+01:30', now],
    ['2026-11-21T15:30:00 01:30', now],
    ['2026-11-21T13:00:00-01:00', now],
    ['2026-11-21T14:00:00.5Z', now + 500_000],
    ['2026-11-21T14:00:00.1234567Z', now + 123_456],
    ['2026-11-21T13:59:60Z', now],
    ['@1795269600', now],
    ['@1795269600.000001', now + 1],
    ['now', now],
    ['-15m', now - 900e6],
    ['-1h30m', now - 5400e6],
    ['+10s', now + 10e6],
    ['-250ms', now - 250_000],
  ])('is read from %s', (text, expected) => {
    expect(parseTime(text, now)).toBe(expected);
  });

  it.each([
    '',
    'yesterday',
    '2026-11-21',
    '2026-11-21T14:00:00',
    '2026-02-30T00:00:00Z',
    '2026-11-21T25:00:00Z',
    '15m',
    '-15',
    '-',
    '@',
    '@-5',
    '2026-11-21T14:00:00+25:00',
  ])('is not read from %j', (text) => {
    expect(() => parseTime(text, now)).toThrow(TimeFormatError);
  });

  it('before 1970 is refused', () => {
    expect(() => parseTime('1969-12-31T23:59:59Z', now)).toThrow('between 1970 and');
    expect(() => parseTime('-9999w', now)).toThrow('between 1970 and');
  });

  it('is the same once written as seconds since 1970', () => {
    expect(absoluteTime(now + 7)).toBe('@1795269600.000007');
    expect(parseTime(absoluteTime(now + 7), 0)).toBe(now + 7);
  });

  it('is written with six digits after the point', () => {
    expect(timeText(now + 7)).toBe('2026-11-21T14:00:00.000007Z');
  });
});

describe('a length of time', () => {
  it('is a sum of counts and units', () => {
    expect(parseDuration('1h30m')).toBe(5400e6);
    expect(parseDuration('1w2d')).toBe(9 * 86_400e6);
    expect(parseDuration('31536000000000us')).toBe(365 * 86_400e6);
  });

  it.each(['', '0s', '5', 'h', '-5m', '99999999999w'])('is not %j', (text) => {
    expect(() => parseDuration(text)).toThrow(TimeFormatError);
  });
});
