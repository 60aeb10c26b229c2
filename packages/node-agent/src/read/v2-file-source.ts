import { CodedError } from '@clusterlog/shared';
import type { SandboxFile } from '../files/sandbox-file.ts';
import { QueryError } from './query-error.ts';
import type { V2FilePlan } from './v2-file-plan.ts';

/** Where a task's output is read. A request keeps to it for as long as it lasts, and one that resumes it, too. */
export type V2FileSource =
  | { readonly kind: 'file'; readonly size: number }
  | { readonly kind: 'journal' }
  /** Nothing was written yet, here or there; `exists` says whether there is an empty file. */
  | { readonly kind: 'neither'; readonly exists: boolean };

/**
 * A sandbox file that exists and is not empty, else the journal. Who comes with a position comes back to where it is from: an
 * event id that is an offset to the file, a journal cursor to the journal. While the Mesos agent is away nobody knows of files: what
 * the journal has is then given to who comes without an offset.
 *
 * @param inJournal whether there are entries; undefined when this file's output is never in the journal
 * @throws QueryError for a position in the one when the output is in the other
 */
export async function chooseSource(
  { origin, resumed }: V2FilePlan,
  file: Pick<SandboxFile, 'size'>,
  inJournal: (() => Promise<boolean>) | undefined,
): Promise<V2FileSource> {
  if (typeof origin === 'object') {
    if (inJournal !== undefined) return { kind: 'journal' };
    throw new QueryError('cursor-malformed', 'unable to parse cursor parameter. A position in a file is a byte offset');
  }
  let size: number | undefined;
  try {
    size = await file.size();
  } catch (error) {
    const hasOffset = resumed || (origin !== 'end' && origin > 0);
    if (isAway(error) && !hasOffset && (await inJournal?.())) return { kind: 'journal' };
    throw error;
  }
  if (size !== undefined && size > 0) return { kind: 'file', size };
  if (resumed) return size === undefined ? { kind: 'neither', exists: false } : { kind: 'file', size };
  if (inJournal === undefined || !(await inJournal())) return { kind: 'neither', exists: size !== undefined };
  if (typeof origin === 'number' && origin > 0) {
    throw new QueryError(
      'cursor-malformed',
      `unable to parse cursor parameter. ${origin} is a byte offset, but this output is in the journal, where positions are journal cursors, BEG and END`,
    );
  }
  return { kind: 'journal' };
}

/** Whether the Mesos agent does not answer; one that refuses has answered. */
function isAway(error: unknown): boolean {
  return error instanceof CodedError && error.code === 'sandbox-unreachable';
}
