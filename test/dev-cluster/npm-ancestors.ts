import { readFileSync } from 'node:fs';

/** npm, a shell and a script lie between the terminal and the demo; more would be somebody else's processes. */
const MAX_DEPTH = 4;

/**
 * Process ids from the parent of this process up to the npm that runs it. They change when one of them dies: npm ends on
 * SIGTERM without telling those below its shell. Without `/proc`, the parent alone.
 */
export function npmAncestors(): number[] {
  const ancestors: number[] = [];
  for (let pid = process.ppid; pid > 1 && ancestors.length < MAX_DEPTH; ) {
    ancestors.push(pid);
    const facts = factsOf(pid);
    if (facts === undefined || /^npm\b|\bnpm(-cli\.js)?\b/.test(facts.command)) break;
    pid = facts.parent;
  }
  return ancestors;
}

function factsOf(pid: number): { readonly command: string; readonly parent: number } | undefined {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    const parent = Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
    return { command, parent };
  } catch {
    return undefined;
  }
}
