import { writeFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { everything } from '@clusterlog/node-agent/journal/match';
import { openJournal } from '@clusterlog/node-agent/journal/open-source';
import { JournalUnavailableError } from '@clusterlog/node-agent/journal/source';
import type { Random } from '../fixtures/random.ts';
import type { SoundJournal } from './sound-journal.ts';
import { demand } from './violation.ts';

/** Damages a journal file while it is being read: whatever comes then, reading must come to an end. */
export async function readLive(
  directory: string,
  path: string,
  journal: SoundJournal,
  damaged: Buffer,
  random: Random,
): Promise<void> {
  writeFileSync(path, journal.bytes);
  const source = await openJournal({ directories: [directory], pageCacheBytes: 512 * 1024 });
  try {
    const walk = source.walk(everything);
    await walk.seekHead();
    let left = random.below(journal.entries.length);
    const most = journal.entries.length + left + damaged.length / 64;
    let read = 0;
    const take = (): boolean => {
      read += 1;
      left -= 1;
      demand(read <= 3 * most, () => 'damaged while read: entries without end');
      return left > 0;
    };
    while ((await walk.read('forward', take)) === 'slice') await nextTurn();
    writeFileSync(path, damaged);
    left = Number.POSITIVE_INFINITY;
    while ((await walk.read('forward', take)) === 'slice') await nextTurn();
    while ((await walk.read('backward', take)) === 'slice') await nextTurn();
    source.status();
    await walk.seekTail();
    await walk.skip(-3);
    for await (const _ of source.distinctValues('TASK', everything));
  } catch (error) {
    if (!(error instanceof JournalUnavailableError)) throw error;
  } finally {
    await source.close();
  }
}
