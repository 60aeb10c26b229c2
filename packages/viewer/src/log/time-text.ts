import type { TimeStyle } from '../people/preferences.ts';

/** Beyond them, in ms, a Date is none. */
const farthest = 8e15;
const perMinute = 60_000;

/** Time of day with milliseconds, or how long ago. `realtime` and `now` in µs and ms. */
export function timeText(realtime: number, style: TimeStyle, now: number): string {
  return style === 'relative' ? agoText(now - realtime / 1_000) : isoText(realtime, style).slice(-13, -1);
}

/** The whole time, to the µs, as RFC 3339 has it. */
export function fullTime(realtime: number, style: TimeStyle): string {
  const micros = String(Math.floor(realtime % 1_000)).padStart(3, '0');
  return `${isoText(realtime, style).slice(0, -1)}${micros}${zoneText(realtime, style)}`;
}

/** `2026-11-21`. */
export function dayText(realtime: number, style: TimeStyle): string {
  return isoText(realtime, style).slice(0, -14);
}

/** As UTC has it; a local time as if it were one. A node can send any number. */
export function isoText(realtime: number, style: TimeStyle): string {
  const time = Math.max(-farthest, Math.min(farthest, realtime / 1_000));
  return new Date(time - zoneOffset(time, style) * perMinute).toISOString();
}

/** Minutes that a time is behind UTC. */
function zoneOffset(time: number, style: TimeStyle): number {
  return style === 'utc' ? 0 : new Date(time).getTimezoneOffset();
}

function zoneText(realtime: number, style: TimeStyle): string {
  const offset = -zoneOffset(realtime / 1_000, style);
  if (!offset) return 'Z';
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
