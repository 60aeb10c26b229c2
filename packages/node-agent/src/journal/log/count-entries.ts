import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type Completeness,
  type CountOptions,
  defaultCountingTime,
  type Histogram,
  type HistogramRange,
  type ValueCounts,
} from '../counts.ts';
import type { Entry } from '../entry.ts';
import { HistogramTally } from '../histogram-tally.ts';
import { and, type Match, present, since, until } from '../match.ts';
import type { EntryWalk } from '../source.ts';
import { ValueTally } from '../value-tally.ts';

/** Opens a walk; closed by whoever opens it. */
type OpenWalk = (match: Match) => EntryWalk;

/** How many of the entries that match have each value of `field`, gone through entry by entry. See JournalSource. */
export async function countValues(
  open: OpenWalk,
  field: string,
  match: Match,
  options: CountOptions = {},
): Promise<ValueCounts> {
  const tally = new ValueTally(field, options);
  const completeness = await goThrough(open(and(match, present(field))), (entry) => tally.count(entry), options);
  return tally.result(completeness);
}

/** How many of the entries that match lie in each step of time, by priority. See JournalSource. */
export async function countByTime(
  open: OpenWalk,
  match: Match,
  range: HistogramRange,
  options: CountOptions = {},
): Promise<Histogram> {
  const tally = new HistogramTally(range);
  const within = and(match, since(range.from), until(range.to - 1));
  const completeness = await goThrough(open(within), (entry) => tally.count(entry), options);
  return tally.result(completeness);
}

/** From the newest entry back, so that what there is no time for is the oldest, and what comes meanwhile is left out. */
async function goThrough(
  walk: EntryWalk,
  count: (entry: Entry) => void,
  { signal, milliseconds = defaultCountingTime }: CountOptions,
): Promise<Completeness> {
  const deadline = performance.now() + milliseconds;
  const visit = (entry: Entry): boolean => {
    count(entry);
    return true;
  };
  try {
    await walk.seekTail();
    for (;;) {
      signal?.throwIfAborted();
      if ((await walk.read('backward', visit)) === 'end') return 'exact';
      if (performance.now() > deadline) return 'partial';
      await nextTurn();
    }
  } finally {
    walk.close();
  }
}
