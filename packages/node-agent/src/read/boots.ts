import { and, equals, type Match } from '../journal/match.ts';
import type { JournalSource } from '../journal/source.ts';
import { lookAt } from './single-entry.ts';

/** A boot as `journalctl --list-boots -o json` lists it. */
export interface Boot {
  /** 0 for the newest, -1 for the one before it, and so on. */
  readonly index: number;
  readonly boot_id: string;
  /** Realtime of its oldest entry, µs since 1970. */
  readonly first_entry: number;
  readonly last_entry: number;
}

/** The boots that the journal has entries of, oldest first. */
export async function listBoots(journal: JournalSource, match: Match, signal: AbortSignal): Promise<Boot[]> {
  const boots: Omit<Boot, 'index'>[] = [];
  for await (const value of journal.distinctValues('_BOOT_ID', match, signal)) {
    const ofBoot = and(match, equals('_BOOT_ID', value));
    const first = await lookAt(journal, ofBoot, 'oldest', ({ realtime }) => realtime, signal);
    const last = await lookAt(journal, ofBoot, 'newest', ({ realtime }) => realtime, signal);
    if (first === undefined || last === undefined) continue;
    boots.push({ boot_id: value.toString('latin1'), first_entry: first, last_entry: last });
  }
  boots.sort((one, other) => one.first_entry - other.first_entry);
  return boots.map((boot, position) => ({ index: position - boots.length + 1, ...boot }));
}
