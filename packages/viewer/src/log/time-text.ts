import type { TimeStyle } from '../people/preferences.ts';

/** Time of day with milliseconds, or how long ago. `realtime` and `now` in µs and ms. */
export function timeText(realtime: number, style: TimeStyle, now: number): string {
  if (style === 'relative') return agoText(now - realtime / 1_000);
  const { hours, minutes, seconds, milliseconds } = clockOf(new Date(realtime / 1_000), style);
  return `${two(hours)}:${two(minutes)}:${two(seconds)}.${String(milliseconds).padStart(3, '0')}`;
}

/** The whole time, to the µs, as RFC 3339 has it. */
export function fullTime(realtime: number, style: TimeStyle): string {
  const date = new Date(realtime / 1_000);
  const micros = String(Math.floor(realtime % 1_000_000)).padStart(6, '0');
  const { hours, minutes, seconds } = clockOf(date, style);
  return `${dayText(realtime, style)}T${two(hours)}:${two(minutes)}:${two(seconds)}.${micros}${zoneText(date, style)}`;
}

/** `2026-11-21`. */
export function dayText(realtime: number, style: TimeStyle): string {
  const date = new Date(realtime / 1_000);
  const [year, month, day] =
    style === 'utc'
      ? [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()]
      : [date.getFullYear(), date.getMonth(), date.getDate()];
  return `${String(year).padStart(4, '0')}-${two(month + 1)}-${two(day)}`;
}

function clockOf(date: Date, style: TimeStyle) {
  const milliseconds = date.getUTCMilliseconds();
  return style === 'utc'
    ? { hours: date.getUTCHours(), minutes: date.getUTCMinutes(), seconds: date.getUTCSeconds(), milliseconds }
    : { hours: date.getHours(), minutes: date.getMinutes(), seconds: date.getSeconds(), milliseconds };
}

function zoneText(date: Date, style: TimeStyle): string {
  const offset = style === 'utc' ? 0 : -date.getTimezoneOffset();
  if (offset === 0) return 'Z';
  const minutes = Math.abs(offset);
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

const steps = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1_000, 's'],
] as const;

/** A length of time in its two greatest units; `milliseconds` below zero lie ahead. */
export function agoText(milliseconds: number): string {
  const length = Math.abs(milliseconds);
  if (length < 1_000) return 'now';
  const at = steps.findIndex(([unit]) => length >= unit);
  const [unit, name] = steps[at] ?? [1_000, 's'];
  const next = steps[at + 1];
  const rest = next === undefined ? 0 : Math.floor((length % unit) / next[0]);
  const text = `${Math.floor(length / unit)}${name}${rest === 0 || next === undefined ? '' : ` ${rest}${next[1]}`}`;
  return milliseconds < 0 ? `in ${text}` : `${text} ago`;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
