import { absoluteTime } from '@clusterlog/shared/v3/time';
import { isoText } from '../log/time-text.ts';

/** What was typed as a time is none. */
export class TimeError extends Error {
  override readonly name = 'TimeError';
}

/** µs; in what durations are given in. */
const units: Readonly<Record<string, number>> = {
  us: 1,
  ms: 1e3,
  s: 1e6,
  m: 60e6,
  h: 3_600e6,
  d: 86_400e6,
  w: 604_800e6,
};

/** A period in µs since 1970; open where there is no bound. */
export interface TimeRange {
  readonly from: number | undefined;
  readonly to: number | undefined;
}

/** What is offered first. */
export const presets = [
  { since: '-15m', label: 'Last 15 minutes' },
  { since: '-1h', label: 'Last hour' },
  { since: '-24h', label: 'Last 24 hours' },
  { since: '-7d', label: 'Last 7 days' },
] as const;

interface Bounds {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

/**
 * The period that `since` and `until` of an address mean. What cannot be read is left open: the API says what is wrong with it.
 *
 * @param now ms since 1970
 */
export function rangeOf({ since, until }: Bounds, now: number): TimeRange {
  return { from: timeOf(since, now), to: timeOf(until, now) };
}

/** The same period, whenever it is looked at. */
export function absoluteBounds(bounds: Bounds, now: number): Bounds {
  const { from, to } = rangeOf(bounds, now);
  return {
    since: from === undefined ? bounds.since : absoluteTime(from),
    until: to === undefined ? bounds.until : absoluteTime(to),
  };
}

/** A period in words. */
export function rangeLabel(bounds: Bounds, zone: 'utc' | 'local', now: number): string {
  const { since, until } = bounds;
  if (since === undefined && until === undefined) return 'All time';
  const preset = presets.find((one) => one.since === since);
  if (preset !== undefined && until === undefined) return preset.label;
  const { from, to } = rangeOf(bounds, now);
  // The last µs of a second ends it: what lies before the next one is shown.
  const end = to !== undefined && to % 1e6 === 999_999 ? to + 1 : to;
  const first = boundText(since, from, zone) ?? 'the beginning';
  return `${first} – ${endOf(first, boundText(until, end, zone) ?? 'now')}`;
}

/** A bound as it is typed, and what `rangeOf` takes it for: what counts from now goes on to. */
export function boundText(
  bound: string | undefined,
  microseconds: number | undefined,
  zone: 'utc' | 'local',
): string | undefined {
  return microseconds === undefined || /^[+-]/.test(bound ?? '') ? bound : readable(microseconds, zone);
}

/** The end of a range as it is read behind its beginning: without the day where that is the same. */
export function endOf(first: string, last: string): string {
  return last.length > 11 && last.startsWith(first.slice(0, 11)) ? last.slice(11) : last;
}

/** `2026-11-21 14:03:00`, and more digits where they are not 0. */
export function readable(microseconds: number, zone: 'utc' | 'local'): string {
  const text = wallClock(microseconds, zone).replace('T', ' ');
  const rest = Math.floor(microseconds % 1e6);
  return rest === 0 ? text : `${text}.${String(rest).padStart(6, '0').replace(/0+$/, '')}`;
}

/** For a field of a form: `2026-11-21T14:03:00`. */
export function wallClock(microseconds: number, zone: 'utc' | 'local'): string {
  return isoText(microseconds, zone).slice(0, -'.000Z'.length);
}

/**
 * What was typed or chosen as a bound, as the API takes it: `2026-11-21T14:03` and `2026-11-21 14:03:00` in the zone that is
 * shown, and all that the API itself reads. Empty means open.
 *
 * @throws TimeError
 */
export function boundOf(text: string, zone: 'utc' | 'local'): string | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  if (/^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?)?$/.test(trimmed)) {
    const [day = '', clock = '00:00'] = trimmed.split(/[T ]/);
    const milliseconds = Date.parse(`${day}T${clock}${zone === 'utc' ? 'Z' : ''}`);
    if (Number.isNaN(milliseconds)) throw unreadable(trimmed);
    const fraction = Number((clock.split('.')[1] ?? '').padEnd(6, '0').slice(0, 6));
    return absoluteTime(Math.floor(milliseconds / 1_000) * 1e6 + fraction);
  }
  // A duration without a sign lies in the past.
  const meant = /^\d+[a-z]+/.test(trimmed) ? `-${trimmed}` : trimmed;
  if (timeOf(meant, Date.now()) === undefined) throw unreadable(trimmed);
  return meant;
}

/** When a time of the API is, in µs; undefined for what is none. The gateway has the last word. */
function timeOf(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  if (text === 'now') return now * 1_000;
  if (/^@\d+(\.\d*)?$/.test(text)) return Math.round(Number(text.slice(1)) * 1e6);
  if (/^[+-](\d+(us|ms|[smhdw]))+$/.test(text)) {
    let length = 0;
    for (const [, count, unit = ''] of text.matchAll(/(\d+)([a-z]+)/g)) length += Number(count) * (units[unit] ?? 0);
    return now * 1_000 + (text.startsWith('-') ? -length : length);
  }
  const milliseconds = /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(milliseconds) ? undefined : milliseconds * 1_000;
}

function unreadable(text: string): TimeError {
  return new TimeError(`Expected a time as 2026-11-21 14:00 or -15m, found ${JSON.stringify(text)}.`);
}
