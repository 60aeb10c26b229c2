import { setImmediate } from 'node:timers/promises';
import type { Entry } from '../journal/entry.ts';
import type { Match } from '../journal/match.ts';
import type { JournalSource } from '../journal/source.ts';

/** What `look` makes of the oldest or the newest entry that matches; undefined when none does. */
export async function lookAt<Value>(
  journal: JournalSource,
  match: Match,
  which: 'oldest' | 'newest',
  look: (entry: Entry) => Value,
  signal: AbortSignal,
): Promise<Value | undefined> {
  const walk = journal.walk(match);
  try {
    if (which === 'oldest') await walk.seekHead();
    else await walk.seekTail();
    let seen: Value | undefined;
    const visit = (entry: Entry): boolean => {
      seen = look(entry);
      return false;
    };
    const direction = which === 'oldest' ? 'forward' : 'backward';
    while ((await walk.read(direction, visit)) === 'slice') {
      await setImmediate();
      signal.throwIfAborted();
    }
    return seen;
  } finally {
    walk.close();
  }
}
