/** A path of the Mesos agent's files API that lies in the sandbox of an executor. */
export interface SandboxPath {
  /** The path as Mesos is asked for it: absolute, without empty and dot segments. */
  readonly path: string;
  /** Of a path on disk; a virtual path names no agent. */
  readonly agentId: string | undefined;
  readonly frameworkId: string;
  readonly executorId: string;
  /** The executor's container, or `latest`. */
  readonly run: string;
  /** The containers inside it that the path leads through, outermost first; the last ones may be folders of that name. */
  readonly nested: readonly string[];
  /** The task of a pod that the path leads through (`tasks/<task id>`). */
  readonly taskId: string | undefined;
}

/**
 * Takes a path apart, on disk (`<work dir>/slaves/A/frameworks/F/executors/E/runs/C/…`) or virtual
 * (`/frameworks/F/executors/E/runs/C/…`), as Mesos lays them out (docs/sandbox.md, src/slave/paths.hpp). Undefined for every
 * other path, and for one with `..` in it: no file is reached through the sandbox of another.
 *
 * The leftmost place that fits counts: what follows lies inside that sandbox, whatever folders a task makes there.
 */
export function parseSandboxPath(text: string): SandboxPath | undefined {
  if (!text.startsWith('/') || text.includes('\0')) return undefined;
  const segments = text.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (segments.includes('..')) return undefined;
  const path = `/${segments.join('/')}`;
  const virtual = sandboxOf(segments);
  if (virtual !== undefined) return { path, agentId: undefined, ...virtual };
  for (let at = segments.indexOf('slaves'); at >= 0; at = segments.indexOf('slaves', at + 1)) {
    const sandbox = sandboxOf(segments.slice(at + 2));
    if (sandbox !== undefined) return { path, agentId: segments[at + 1], ...sandbox };
  }
  return undefined;
}

/** Reads `frameworks/F/executors/E/runs/C/…`. */
function sandboxOf(segments: readonly string[]): Omit<SandboxPath, 'path' | 'agentId'> | undefined {
  const [frameworks, frameworkId, executors, executorId, runs, run, ...rest] = segments;
  if (frameworks !== 'frameworks' || executors !== 'executors' || runs !== 'runs') return undefined;
  if (frameworkId === undefined || executorId === undefined || run === undefined) return undefined;
  const nested: string[] = [];
  for (let at = 0; rest[at] === 'containers' && rest[at + 1] !== undefined; at += 2)
    nested.push(rest[at + 1] as string);
  return { frameworkId, executorId, run, nested, taskId: rest[0] === 'tasks' ? rest[1] : undefined };
}
