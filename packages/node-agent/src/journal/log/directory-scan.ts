import { readdirSync, statSync } from 'node:fs';
import { normalize } from 'node:path';
import { identityOf } from '../file/file-on-disk.ts';
import type { DirectoryStatus } from '../source.ts';

/** A journal file as the directory shows it. */
export interface FoundFile {
  readonly path: string;
  /** Device and inode: stays the same when journald renames the file at rotation. */
  readonly identity: string;
}

/** What one directory given by configuration holds. */
export interface DirectoryScan {
  readonly status: DirectoryStatus;
  readonly files: readonly FoundFile[];
  /** The directory and its machine directories as they were before they were read, to see by `hasChanged` when to look again. */
  readonly stamps: readonly DirectoryStamp[];
}

export interface DirectoryStamp {
  readonly path: string;
  /** Time of the last change, in ns; undefined when the directory cannot be looked at. */
  readonly changed: bigint | undefined;
  /** True when the directory had just changed: one more change could leave the same time behind. */
  readonly young: boolean;
}

/** File systems stamp changes with the time of the last clock tick, at most 10 ms old. */
const tickNanoseconds = 20_000_000n;

const journalName = /\.journal~?$/;
/** `<machine-id>` and, for a journal namespace, `<machine-id>.<namespace>`. */
const machineDirectoryName = /^[0-9a-f]{32}(\..+)?$/i;

/**
 * Lists the journal files of `directory`: those in it and those in its machine directories, one level below, as journald
 * lays them out. Reads names and inodes only, no file.
 *
 * @param identityOf what is known of a path from an earlier scan, to spare a look at files whose name never moves
 */
export function scanDirectory(directory: string, identityOf?: (path: string) => string | undefined): DirectoryScan {
  const files: FoundFile[] = [];
  const stamps: DirectoryStamp[] = [];
  let refusal: DirectoryStatus | undefined;

  const scan = (path: string, below: boolean): void => {
    stamps.push(stampOf(path));
    // Not by `join`, which looks at every character again for each of many files.
    const base = normalize(path).replace(/\/$/, '');
    for (const name of readdirSync(path)) {
      const inner = `${base}/${name}`;
      try {
        if (journalName.test(name)) {
          const identity = identityOf?.(inner) ?? identityOfFile(inner);
          if (identity !== undefined) files.push({ path: inner, identity });
        } else if (!below && machineDirectoryName.test(name) && statSync(inner).isDirectory()) {
          scan(inner, true);
        }
      } catch (error) {
        // Gone between the listing and the look: vacuumed or renamed, and seen under its new name at the next scan.
        if (codeOf(error) !== 'ENOENT') refusal ??= statusFor(directory, inner, error);
      }
    }
  };
  try {
    scan(directory, false);
  } catch (error) {
    return { status: statusFor(directory, directory, error), files: [], stamps };
  }
  return { status: refusal ?? { path: directory, state: 'readable' }, files, stamps };
}

/** True when a file may have come, gone or been renamed since the scan that took the stamps. */
export function hasChanged(stamps: readonly DirectoryStamp[]): boolean {
  return stamps.some((stamp) => stamp.young || changeTimeOf(stamp.path) !== stamp.changed);
}

/** The status that says why `path`, in or under `directory`, cannot be read. */
export function statusFor(directory: string, path: string, error: unknown): DirectoryStatus {
  const code = codeOf(error);
  if (code === 'ENOENT') {
    return { path: directory, state: 'missing', reason: `journal directory ${directory} does not exist yet` };
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'permission') {
    return {
      path: directory,
      state: 'denied',
      reason: `no permission to read ${path}: the agent must run as root or in the group systemd-journal`,
    };
  }
  return {
    path: directory,
    state: 'denied',
    reason: `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
  };
}

function stampOf(path: string): DirectoryStamp {
  const changed = changeTimeOf(path);
  return { path, changed, young: changed !== undefined && BigInt(Date.now()) * 1_000_000n - changed < tickNanoseconds };
}

function changeTimeOf(path: string): bigint | undefined {
  try {
    // ctime and not mtime: it also moves when permissions change.
    return statSync(path, { bigint: true, throwIfNoEntry: false })?.ctimeNs;
  } catch {
    return undefined;
  }
}

/** Undefined for what is named like a file and is none. */
function identityOfFile(path: string): string | undefined {
  const stat = statSync(path, { bigint: true });
  return stat.isDirectory() ? undefined : identityOf(stat);
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}
