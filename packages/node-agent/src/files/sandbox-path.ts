import type { Sandbox, Scope } from '@clusterlog/shared';

/** A sandbox as the paths of API v2 name it: `frameworks/{f}/executors/{e}/runs/{c}[/tasks/{t}]`. */
export interface SandboxPath {
  readonly framework: string;
  readonly executor: string;
  /** The executor's own container. */
  readonly container: string;
  /** A task of a pod, whose files lie in a directory of its own. Default: the executor's sandbox itself. */
  readonly task?: string;
}

/** A sandbox that a request may read. */
export interface GrantedSandbox {
  readonly path: SandboxPath;
  /** Where it lies, below the directory of the agent id in the Mesos agent's work directory. */
  readonly directory: readonly string[];
  /** The container whose output is in it, as the journal names it; undefined when nobody told which one a task has. */
  readonly container: string | undefined;
}

/** Whether a text is the name of one file or directory, and not a way to another. */
export function isPathSegment(text: string): boolean {
  return text !== '' && text !== '.' && text !== '..' && !/[/\0]/.test(text);
}

/**
 * The sandbox that a path names, if the scope lists it. Undefined when it does not, or lists nothing but another container of
 * the same executor.
 *
 * A listed nested container (`root.child`) is read where Mesos keeps it, below `containers/child`, whatever task the path
 * names: `tasks/` of a pod's sandbox holds only links to there, and which task has which container the gateway has
 * resolved.
 *
 * @param scope `open` lists every sandbox
 */
export function grantedSandbox(scope: Scope | 'open', path: SandboxPath): GrantedSandbox | undefined {
  if (scope === 'open') return wholeSandbox(path);
  const listed = scope.files.filter(
    ({ framework, executor }) => framework === path.framework && executor === path.executor,
  );
  if (listed.some(({ container }) => container === path.container)) return wholeSandbox(path);
  const nested = listed.filter(({ container }) => container.startsWith(`${path.container}.`));
  const [only] = nested;
  if (path.task === undefined || only === undefined || nested.length > 1) return undefined;
  const directory = directoryOf(only);
  return directory.every(isPathSegment) ? { path, directory, container: only.container } : undefined;
}

function wholeSandbox(path: SandboxPath): GrantedSandbox | undefined {
  const { task } = path;
  const directory = [...directoryOf(path), ...(task === undefined ? [] : ['tasks', task])];
  if (!directory.every(isPathSegment)) return undefined;
  return { path, directory, container: task === undefined ? path.container : undefined };
}

/** Mesos' `src/slave/paths.hpp`: nested containers lie in `containers/` of the one above. */
function directoryOf({ framework, executor, container }: Sandbox): string[] {
  const [root = '', ...nested] = container.split('.');
  return [
    ...['frameworks', framework, 'executors', executor, 'runs', root],
    ...nested.flatMap((child) => ['containers', child]),
  ];
}
