import { JournalFile } from '@clusterlog/node-agent/journal/file/journal-file';
import { JournalFileError } from '@clusterlog/node-agent/journal/file/journal-file-error';
import type { PageCache } from '@clusterlog/node-agent/journal/file/page-cache';
import { equals, everything, type Match, not, present } from '@clusterlog/node-agent/journal/match';
import type { Direction } from '@clusterlog/node-agent/journal/source';
import { parseCursor } from '@clusterlog/shared';
import type { Random } from '../fixtures/random.ts';
import { Delivery } from './delivery.ts';
import type { Intactness } from './intactness.ts';
import type { SoundJournal } from './sound-journal.ts';
import { demand } from './violation.ts';

/** What the reading of one file came to. */
export interface FileReading {
  /** Undefined when the file was refused. */
  readonly forward: Delivery | undefined;
  readonly backward: Delivery | undefined;
  readonly refusal: string | undefined;
  /** The most pages one request read, in multiples of the pages the file has. */
  readonly work: number;
}

/** More of a file than this is read by no request, in multiples of its pages: pages are read again where a cache of 64 forgot them. */
const mostWork = 60;
/** A walk that asks for bytes so often without delivering anything goes in circles. */
const mostFills = 2_000;

/** Reads a damaged journal file by every way there is into it, and checks what comes. */
export async function readFile(
  journal: SoundJournal,
  intact: Intactness,
  path: string,
  size: number,
  cache: PageCache,
  random: Random,
): Promise<FileReading> {
  let file: JournalFile;
  try {
    file = JournalFile.open(path, cache);
  } catch (error) {
    if (!(error instanceof JournalFileError)) throw error;
    return { forward: undefined, backward: undefined, refusal: error.code, work: 0 };
  }
  const pages = 8 + size / 8192;
  let work = 0;
  const request = async <T>(what: string, run: () => T | Promise<T>): Promise<T> => {
    const before = cache.reads;
    const result = await run();
    const ratio = (cache.reads - before) / pages;
    demand(ratio <= mostWork, () => `${what} read ${ratio.toFixed(1)} times the file`);
    work = Math.max(work, ratio);
    return result;
  };
  const read = (direction: Direction, match: Match, field?: string): Promise<Delivery> =>
    request(`${direction} ${match.kind}`, async () => {
      const delivery = new Delivery(`${direction} ${match.kind}`, journal, intact, size, field);
      const walk = file.walk(match);
      if (direction === 'backward') walk.seekIndex(file.entryCount);
      for (let fills = 0; ; ) {
        const entry = walk.peek(direction);
        if (entry === 'end') break;
        if (entry !== 'pending') {
          delivery.take(entry, direction === 'forward' || field !== undefined);
          walk.advance(direction);
          fills = 0;
          continue;
        }
        fills += 1;
        demand(fills < mostFills, () => `${direction} ${match.kind}: a walk that never arrives`);
        await walk.fill();
      }
      walk.close();
      return delivery;
    });

  try {
    const forward = await read('forward', everything);
    forward.finish();
    demand(isRising(forward.offsets), () => 'forward: entries out of their order in the file');
    const backward = await read('backward', everything);
    backward.finish();
    demand(isRising(backward.offsets.toReversed()), () => 'backward: entries out of their order in the file');
    const isSame = backward.offsets.toReversed().join() === forward.offsets.join();
    demand(
      isSame || !intact.index,
      () => `backward: ${backward.offsets.length} entries, forward ${forward.offsets.length}`,
    );
    const { damage } = file;
    const isWhole = journal.entries.every((entry) => forward.offsets.includes(entry.offset));
    if (intact.header && !isWhole) demand(damage.entries + damage.arrays > 0, () => 'entries were lost uncounted');
    if (forward.lostItems > 0) demand(damage.data > 0, () => 'fields were lost uncounted');

    const task = `task-${random.below(12)}`;
    const matched = await read('forward', equals('TASK', task), `TASK=${task}`);
    if (intact.index) {
      const wanted = Buffer.from(`TASK=${task}`);
      matched.finish((entry) =>
        entry.payloads.some((payload, item) => payload.equals(wanted) && intact.payload(entry, item)),
      );
    }
    demand(isRising(matched.offsets), () => 'match: entries out of their order in the file');
    const came = new Set(forward.offsets);
    demand(
      matched.offsets.every((offset) => came.has(offset)),
      () => 'match: an entry that is not in the file',
    );
    const matchedBackward = await read('backward', equals('TASK', task), `TASK=${task}`);
    // A damaged index may lead to more entries the one way than the other.
    const isSameMatched = matchedBackward.offsets.toReversed().join() === matched.offsets.join();
    demand(isSameMatched || !(intact.index && intact.entries), () => 'match: other entries backward than forward');
    await read(random.pick(['forward', 'backward']), random.pick([present('TAG'), not(equals('STREAM', 'STDERR'))]));

    await request('distinct values', async () => {
      const match = random.pick([everything, everything, equals('STREAM', 'STDERR')]);
      let values = 0;
      for await (const value of file.distinctValues('TASK', match)) {
        values += 1;
        demand(values <= size / 64, () => 'distinct values without end');
        demand(value.length <= size, () => 'a value longer than the file');
      }
    });
    const { offset, cursor } = random.pick(journal.entries);
    await request('entry by index', () => file.entryAt(random.below(journal.entries.length)));
    await request('bisect', () => file.bisect((entry) => entry.offset >= offset));
    await request('bisect of a boot', () =>
      file.bisectBoot(parseCursor(cursor)?.bootId ?? '', ({ monotonic }) => monotonic > 30_000_000),
    );
    return { forward, backward, refusal: undefined, work };
  } finally {
    file.close();
  }
}

function isRising(offsets: readonly number[]): boolean {
  return offsets.every((offset, index) => index === 0 || offset > (offsets[index - 1] as number));
}
