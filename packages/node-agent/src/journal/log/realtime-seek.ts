import { someSound } from '../file/some-sound.ts';
import type { EntryKey } from './entry-order.ts';

/** Entries one after another in a file, of one boot. */
export interface TimeRun {
  /** First index in the main entry array. */
  readonly from: number;
  /** Index after the last. */
  readonly to: number;
  /** False when the clock was set back meanwhile: then realtime cannot be bisected. */
  readonly monotone: boolean;
  /** Realtime of the first and of the last entry, in µs. */
  readonly first: number;
  readonly last: number;
}

/** What the seek needs of a file. */
export interface TimedEntries<Known extends Sample = Sample> {
  readonly entryCount: number;
  entryAt(index: number): Known | undefined;
}

type Sample = Pick<EntryKey, 'bootId' | 'realtime' | 'monotonic'>;

/** How far realtime may fall behind monotonic time, in µs, and how fast, without the clock having been set: NTP slews by 0.05 %. */
const slewAllowance = 1_000_000;
const slewRate = 0.001;
/** How far the clock can have been set back in a run taken for monotone, in µs. */
export const unnoticedStep = 2 * slewAllowance;
/** So many damaged entries are passed over before others get a turn. */
const damagedInTurn = 64;
/** Entries of a run whose clock is compared with its neighbours' before the run is bisected. */
const samples = 16;

/**
 * The runs of a file, one a boot: a file outlives a boot when the machine is shut down cleanly, and the next boot's clock
 * may begin earlier.
 *
 * Within a run realtime is taken for monotone as far as samples show no step: journald itself starts a new file when the
 * clock steps back, so that a run with a step comes only from other writers.
 */
export function findTimeRuns(file: TimedEntries): TimeRun[] {
  const search = searchTimeRuns(file);
  let step = search.next();
  while (step.done !== true) step = search.next();
  return step.value;
}

/** As {@link findTimeRuns}, stopping now and then where much of the file is damaged. */
export function* searchTimeRuns(file: TimedEntries): Generator<void, TimeRun[]> {
  const runs: TimeRun[] = [];
  let from = 0;
  while (from < file.entryCount) {
    const first = yield* nextSound(file, from, file.entryCount);
    if (first === undefined) break;
    const { bootId, realtime } = first.entry;
    const to = firstIndex(file, from, file.entryCount, (entry) => entry.bootId !== bootId);
    const last = (yield* lastSound(file, from, to)) ?? realtime;
    runs.push({ from, to, monotone: keepsTime(file, from, to), first: realtime, last });
    from = to;
  }
  return runs;
}

/**
 * Index of the first entry of a file, in the file's own order, whose realtime is at or after `microseconds`.
 *
 * @param open gives the file's entries; not called when the runs already tell
 * @returns undefined when there is none, or the file is gone
 */
export function firstAtOrAfter(
  runs: readonly TimeRun[],
  microseconds: number,
  open: () => TimedEntries | undefined,
): number | undefined {
  const isAtOrAfter = (entry: Sample): boolean => entry.realtime >= microseconds;
  for (const { from, to, monotone, first, last } of runs) {
    if (first >= microseconds) return from;
    if (monotone && last < microseconds) continue;
    const file = open();
    if (file === undefined) return undefined;
    const index = monotone ? firstIndex(file, from, to, isAtOrAfter) : scan(file, from, to, isAtOrAfter);
    if (index < to) return index;
  }
  return undefined;
}

/**
 * Index of the first entry of a file, in the file's own order, that lies after a place: `isAfter` once true stays true
 * within a run in which realtime rises, and may be anything elsewhere.
 *
 * @returns undefined when there is none
 */
export function firstAmong<Known extends Sample>(
  runs: readonly TimeRun[],
  file: TimedEntries<Known>,
  isAfter: (entry: Known) => boolean,
): number | undefined {
  for (const { from, to, monotone } of runs) {
    const index = monotone ? firstIndex(file, from, to, isAfter) : scan(file, from, to, isAfter);
    if (index < to) return index;
  }
  return undefined;
}

function scan<Known extends Sample>(
  file: TimedEntries<Known>,
  from: number,
  to: number,
  isWanted: (entry: Known) => boolean,
): number {
  for (let index = from; index < to; index++) {
    const entry = file.entryAt(index);
    if (entry !== undefined && isWanted(entry)) return index;
  }
  return to;
}

/** First index in [from, to) for which `isWanted` is true (false … false true … true); `to` if for none. Damaged entries aside. */
export function firstIndex<Known extends Sample>(
  file: TimedEntries<Known>,
  from: number,
  to: number,
  isWanted: (entry: Known) => boolean,
): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = low + Math.floor((high - low) / 2);
    const sound = someSound<Known>((index) => file.entryAt(index), middle, high);
    if (sound === undefined || isWanted(sound.entry)) high = middle;
    else low = sound.index + 1;
  }
  return low;
}

function* nextSound(file: TimedEntries, from: number, to: number): Generator<void, { entry: Sample } | undefined> {
  for (let index = from; index < to; index++) {
    const entry = file.entryAt(index);
    if (entry !== undefined) return { entry };
    if (index % damagedInTurn === 0) yield;
  }
  return undefined;
}

function* lastSound(file: TimedEntries, from: number, to: number): Generator<void, number | undefined> {
  for (let index = to - 1; index >= from; index--) {
    const entry = file.entryAt(index);
    if (entry !== undefined) return entry.realtime;
    if (index % damagedInTurn === 0) yield;
  }
  return undefined;
}

function keepsTime(file: TimedEntries, from: number, to: number): boolean {
  let before: Sample | undefined;
  const step = Math.max(1, Math.floor((to - from) / samples));
  for (let index = from; index < to; index = index === to - 1 ? to : Math.min(index + step, to - 1)) {
    const entry = file.entryAt(index);
    if (entry === undefined) continue;
    const now = { bootId: entry.bootId, realtime: entry.realtime, monotonic: entry.monotonic };
    if (before !== undefined && wasSetBack(before, now)) return false;
    before = now;
  }
  return true;
}

function wasSetBack(before: Sample, now: Sample): boolean {
  const elapsed = now.monotonic - before.monotonic;
  const passed = now.realtime - before.realtime;
  return passed < 0 || elapsed - passed > slewAllowance + elapsed * slewRate;
}
