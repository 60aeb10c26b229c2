/** A time or a duration that cannot be read; the message says what was expected and what was found. */
export class TimeFormatError extends Error {
  override readonly name = 'TimeFormatError';
}

/** Times after this are refused: in µs since 1970, the last that is a safe integer, in the year 2255. */
const latestTime = Number.MAX_SAFE_INTEGER;
const microsecondsPer = {
  us: 1,
  ms: 1e3,
  s: 1e6,
  m: 60e6,
  h: 3600e6,
  d: 86_400e6,
  w: 604_800e6,
} as const;

const duration = /^(?:[0-9]{1,16}(?:us|ms|[smhdw]))+$/;
const rfc3339 =
  /^([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]+))?(?:([Zz])|([+ -])([0-9]{2}):([0-9]{2}))$/;

/**
 * A point in time: RFC 3339 (`2026-11-21T14:00:00.5Z`; digits beyond the microsecond are cut off), seconds since 1970
 * (`@1795269600.25`), `now`, or a time from now (`-15m`, `-1h30m`, `+10s`; units us, ms, s, m, h, d, w).
 *
 * A blank before an offset is taken for the plus sign that a query string lost.
 *
 * @param now what relative times count from, µs since 1970
 * @returns µs since 1970
 * @throws TimeFormatError
 */
export function parseTime(text: string, now: number): number {
  const time = readTime(text, now);
  if (time === undefined) {
    throw new TimeFormatError(
      `expected a time as 2026-11-21T14:00:00Z, @1795269600.5 or -15m, found ${JSON.stringify(text)}`,
    );
  }
  if (!(time >= 0 && time <= latestTime)) {
    throw new TimeFormatError(
      `expected a time between 1970 and ${timeText(latestTime)}, found ${JSON.stringify(text)}`,
    );
  }
  return time;
}

/**
 * A length of time: `90s`, `1h30m`; units us, ms, s, m, h, d, w.
 *
 * @returns µs, more than 0
 * @throws TimeFormatError
 */
export function parseDuration(text: string): number {
  const length = readDuration(text);
  if (length === undefined || length === 0 || !Number.isSafeInteger(length)) {
    throw new TimeFormatError(`expected a length of time as 90s or 1h30m, found ${JSON.stringify(text)}`);
  }
  return length;
}

/** A time as {@link parseTime} reads it anywhere and at any time: `@seconds.microseconds`. */
export function absoluteTime(microseconds: number): string {
  const whole = Math.floor(microseconds / 1e6);
  return `@${whole}.${String(microseconds - whole * 1e6).padStart(6, '0')}`;
}

/** A time as RFC 3339 in UTC with six digits after the point. */
export function timeText(microseconds: number): string {
  const whole = Math.floor(microseconds / 1e6);
  const seconds = new Date(whole * 1000).toISOString().slice(0, -5);
  return `${seconds}.${String(Math.floor(microseconds - whole * 1e6)).padStart(6, '0')}Z`;
}

function readTime(text: string, now: number): number | undefined {
  if (text === 'now') return now;
  const sign = text.charAt(0);
  if (sign === '@') return readSeconds(text.slice(1));
  // A query string makes a blank of a plus.
  if (sign === '+' || sign === ' ' || sign === '-') {
    const length = readDuration(text.slice(1));
    if (length === undefined) return undefined;
    return sign === '-' ? now - length : now + length;
  }
  return readRfc3339(text);
}

function readSeconds(text: string): number | undefined {
  const [, seconds, fraction = ''] = /^([0-9]{1,12})(?:\.([0-9]*))?$/.exec(text) ?? [];
  return seconds === undefined ? undefined : Number(seconds) * 1e6 + microsecondsOf(fraction);
}

function readDuration(text: string): number | undefined {
  if (text.length > 64 || !duration.test(text)) return undefined;
  let sum = 0;
  for (const [, count, unit] of text.matchAll(/([0-9]+)([a-z]+)/g)) {
    sum += Number(count) * microsecondsPer[unit as keyof typeof microsecondsPer];
  }
  return sum;
}

function readRfc3339(text: string): number | undefined {
  const [, day, clock, fraction = '', , sign, hours = '0', minutes = '0'] = rfc3339.exec(text) ?? [];
  if (day === undefined || clock === undefined) return undefined;
  // A leap second is the first second of the next minute, as the kernel's clock has it.
  const leap = clock.endsWith(':60');
  const seconds = Date.parse(`${day}T${leap ? `${clock.slice(0, -2)}59` : clock}Z`) / 1000;
  // Date would take the 31st of a month of 30 days for the 1st of the next.
  if (Number.isNaN(seconds) || !new Date(seconds * 1000).toISOString().startsWith(day)) return undefined;
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
  const offset = (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60);
  return (seconds + (leap ? 1 : 0) - offset) * 1e6 + microsecondsOf(fraction);
}

function microsecondsOf(fraction: string): number {
  return Number(fraction.slice(0, 6).padEnd(6, '0'));
}
