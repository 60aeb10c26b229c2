import { execFile } from 'node:child_process';
import { parseExport } from '../fixtures/journalctl.ts';
import type { FileReading } from './file-reading.ts';
import type { Intactness } from './intactness.ts';
import type { SoundJournal } from './sound-journal.ts';
import { demand } from './violation.ts';

/** journalctl itself may hang on what it is given here. */
const patience = 5_000;

/**
 * Checks that every intact entry journalctl finds in a damaged file was found by the reader too.
 *
 * @returns how many intact entries journalctl found
 */
export async function compareWithJournalctl(
  journal: SoundJournal,
  intact: Intactness,
  path: string,
  reading: FileReading,
): Promise<number> {
  const output = await exported(path);
  if (!intact.layout) return 0;
  const ours = new Set(reading.forward?.offsets);
  let intactEntries = 0;
  for (const entry of entriesIn(output)) {
    const cursor = entry.find(([name]) => name === '__CURSOR')?.[1].toString() ?? '';
    const sound = journal.byCursor.get(cursor);
    if (sound === undefined || !intact.entry(sound)) continue;
    intactEntries += 1;
    demand(ours.has(sound.offset), () => `journalctl finds the intact entry ${sound.offset}, and we do not`);
  }
  return intactEntries;
}

function exported(path: string): Promise<Buffer> {
  const args = ['--no-pager', '--quiet', '--output=export', `--file=${path}`];
  return new Promise((resolve) => {
    const options = { encoding: 'buffer', maxBuffer: 2 ** 26, timeout: patience, killSignal: 'SIGKILL' } as const;
    execFile('journalctl', args, options, (_error, stdout) => resolve(stdout));
  });
}

/** What came before it gave up may end in the midst of an entry. */
function entriesIn(output: Buffer): ReturnType<typeof parseExport> {
  const end = output.lastIndexOf('\n\n');
  return end < 0 ? [] : parseExport(output.subarray(0, end + 2));
}
