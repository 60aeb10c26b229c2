import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Entry } from '@clusterlog/node-agent/journal/entry';
import { equals, everything } from '@clusterlog/node-agent/journal/match';
import { openJournal } from '@clusterlog/node-agent/journal/open-source';
import { type Direction, type EntryWalk, JournalUnavailableError } from '@clusterlog/node-agent/journal/source';
import { parseCursor } from '@clusterlog/shared';
import { cursorOf } from '../fixtures/entry-cursor.ts';
import type { Random } from '../fixtures/random.ts';
import { Delivery } from './delivery.ts';
import type { FileReading } from './file-reading.ts';
import type { Intactness } from './intactness.ts';
import { LongestStretch } from './longest-stretch.ts';
import type { SoundJournal } from './sound-journal.ts';
import { demand } from './violation.ts';

/** A directory with a damaged file in it, and perhaps a sound one beside it. */
export interface DamagedLog {
  readonly directory: string;
  readonly journal: SoundJournal;
  readonly intact: Intactness;
  readonly size: number;
  readonly sibling: SoundJournal | undefined;
}

/** What the reading of a log came to. */
export interface LogReading {
  readonly kind: 'native' | 'journalctl';
  /** The longest time it kept others from their turn, in ms of CPU time. */
  readonly stretch: number;
}

/** Reads a whole log with a damaged file in it, as requests do, and holds it against the reading of the file alone. */
export async function readLog(log: DamagedLog, file: FileReading, random: Random): Promise<LogReading> {
  const stretch = new LongestStretch();
  stretch.start();
  try {
    const kind = await readInTurns(log, file, random);
    return { kind, stretch: stretch.longest };
  } finally {
    stretch.stop();
  }
}

async function readInTurns(log: DamagedLog, file: FileReading, random: Random): Promise<LogReading['kind']> {
  const source = await openJournal({ directories: [log.directory], pageCacheBytes: 512 * 1024 });
  try {
    // Another process reads such a file: not the subject here.
    if (source.kind === 'journalctl') return 'journalctl';
    const walk = source.walk(everything);
    await walk.seekHead();
    const forward = await readAll(log, walk, 'forward');
    const wanted = file.forward?.offsets ?? [];
    demand(forward.join() === wanted.join(), () => `the log has ${forward.length} entries, the file ${wanted.length}`);
    await walk.seekTail();
    const backward = await readAll(log, walk, 'backward');
    const wantedBackward = file.backward?.offsets ?? [];
    demand(
      backward.join() === wantedBackward.join(),
      () => `the log backward has ${backward.length} entries, the file ${wantedBackward.length}`,
    );
    await seekKnown(log, walk, random);
    walk.close();

    const values = new Set<string>();
    for await (const value of source.distinctValues('STREAM', random.pick([everything, equals('PRIORITY', '3')]))) {
      const text = value.toString('latin1');
      demand(!values.has(text), () => `the value ${text} came twice`);
      values.add(text);
    }
    const { damage } = source.status();
    const isJournal = file.refusal !== 'not-a-journal';
    demand(isJournal || damage.files > 0, () => 'a file was refused uncounted');
    return 'native';
  } catch (error) {
    if (error instanceof JournalUnavailableError) return 'native';
    throw error;
  } finally {
    await source.close();
  }
}

/** Reads to the end; gives the offsets of the damaged file's entries, and checks that those of the sound one all came. */
async function readAll(log: DamagedLog, walk: EntryWalk, direction: Direction): Promise<number[]> {
  const { journal, intact, size, sibling } = log;
  const delivery = new Delivery(`log ${direction}`, journal, intact, size);
  let ofSibling = 0;
  const take = (entry: Entry): boolean => {
    if (entry.seqnumId === sibling?.seqnumId) ofSibling += 1;
    else delivery.take(entry as Entry & { readonly offset: number }, direction === 'forward');
    return true;
  };
  while ((await walk.read(direction, take)) === 'slice') await nextTurn();
  const wanted = sibling?.entries.length ?? 0;
  demand(ofSibling === wanted, () => `log ${direction}: ${ofSibling} of ${wanted} entries of the sound file`);
  return delivery.offsets;
}

/** Goes to an entry of the sound journal by its cursor, and by its time. */
async function seekKnown({ journal, intact, sibling }: DamagedLog, walk: EntryWalk, random: Random): Promise<void> {
  const entry = random.pick(journal.entries);
  const cursor = parseCursor(entry.cursor);
  if (cursor === undefined) throw new Error(`no cursor: ${entry.cursor}`);
  const found = await walk.seekCursor(cursor, 'before');
  let next = '';
  const take = (found: Entry): boolean => {
    next = cursorOf(found);
    return false;
  };
  while ((await walk.read('forward', take)) === 'slice') await nextTurn();
  // Between files damaged times can make an order that runs in a circle.
  if (found === 'exact' && intact.layout && sibling === undefined) {
    // The very entry may have another number now.
    const rest = (text: string): string => text.slice(text.indexOf(';b='));
    demand(rest(next) === rest(entry.cursor), () => `the cursor ${entry.cursor} led to ${next}`);
  }
  const mustBeFound = intact.entries && intact.index && intact.isReachable(entry);
  demand(found === 'exact' || !mustBeFound, () => `the cursor ${entry.cursor} was not found`);
  await walk.seekRealtime(Number(cursor.realtime));
  while ((await walk.read('forward', take)) === 'slice') await nextTurn();
  await walk.seekTail();
  await walk.skip(-5);
}
