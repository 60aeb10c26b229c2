import type { DirectoryStatus } from '../source.ts';
import { JournalctlError, JournalctlProcess } from './journalctl-process.ts';

/** How journalctl names flags it does not know, or was built without, at log level debug. */
const flagsPattern = /has unknown incompatible flags? (\S+)|uses incompatible flags? (\S+) disabled at compilation/;
const refusalPattern = /Journal file (\S+) uses an unsupported feature/;

/**
 * Asks whether the installed journalctl can read all files of a directory: those it does not know it leaves out with no
 * more than a warning, which would be a silent hole in the log.
 *
 * @returns why not; undefined when it can
 */
export async function whyUnreadable(directory: string): Promise<DirectoryStatus | undefined> {
  const process = new JournalctlProcess([`--directory=${directory}`, '--lines=1', '--output-fields=_BOOT_ID'], {
    SYSTEMD_LOG_LEVEL: 'debug',
  });
  try {
    for await (const _ of process.lines());
  } catch (error) {
    if (!(error instanceof JournalctlError)) throw error;
    return { path: directory, state: 'incompatible', reason: error.message };
  } finally {
    await process.stop();
  }
  const { complaints } = process;
  const [, unknown, missing] = flagsPattern.exec(complaints) ?? [];
  const file = refusalPattern.exec(complaints)?.[1];
  if (unknown === undefined && missing === undefined && file === undefined) return undefined;
  const flags = unknown ?? missing;
  const what = flags === undefined ? 'a feature' : `incompatible flags ${flags}`;
  return {
    path: directory,
    state: 'incompatible',
    reason: `${file ?? directory} uses ${what} of the journal format that the installed journalctl does not know either`,
  };
}
