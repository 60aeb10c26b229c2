import type { Scope } from '@clusterlog/shared';
import type { GrantedSandbox } from '../files/sandbox-path.ts';
import { and, equals, type Match, not, or, present } from '../journal/match.ts';
import type { EntryWalk } from '../journal/source.ts';
import { pathMatch } from './filter.ts';
import { selectedMatch, withheldFields } from './scope-match.ts';
import type { V2FilePlan } from './v2-file-plan.ts';

/** What says which of its two outputs an entry of a container is from. */
const streams = {
  stdout: { containerLogger: equals('STREAM', 'STDOUT'), docker: equals('PRIORITY', '6') },
  stderr: { containerLogger: equals('STREAM', 'STDERR'), docker: equals('PRIORITY', '3') },
} as const;

/**
 * The entries that are the output of a container and would otherwise stand in its sandbox's `file`: those of DC/OS' container
 * logger, or of Docker's journald log driver, which tells the two outputs by their priority. Undefined for other files, and
 * when the container is not known.
 */
export function outputMatch(scope: Scope, { path, container }: GrantedSandbox, file: string): Match | undefined {
  if ((file !== 'stdout' && file !== 'stderr') || container === undefined) return undefined;
  const { framework, executor } = path;
  const { containerLogger, docker } = streams[file];
  const withheld = withheldFields(scope);
  return selectedMatch(
    scope,
    or(
      and(pathMatch({ framework, executor, container }, withheld), containerLogger),
      and(equals('CONTAINER_NAME', `mesos-${container}`), not(present('FRAMEWORK_ID')), docker),
    ),
  );
}

/**
 * Moves a walk over a container's output to where a request begins: as in a file, with entries for lines.
 *
 * @returns whether the cursor's own entry is still there; undefined without a cursor
 */
export async function seekOutput(
  walk: EntryWalk,
  { origin, skip }: V2FilePlan,
): Promise<'exact' | 'nearest' | undefined> {
  let found: 'exact' | 'nearest' | undefined;
  if (origin === 'end') await walk.seekTail();
  else if (typeof origin === 'number') await walk.seekHead();
  else found = await walk.seekCursor(origin, 'after');
  if (skip !== 0) await walk.skip(skip);
  return found;
}

/** Whether there is any entry. */
export async function hasEntries(walk: EntryWalk): Promise<boolean> {
  await walk.seekHead();
  return (await walk.skip(1)) > 0;
}
