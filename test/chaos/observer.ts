import { getPriority, setPriority } from 'node:os';

const observers = -10;

/**
 * Gives this process precedence: it writes, follows and watches, and on a machine that has other work it would be what is
 * slow. The servers do not get it.
 */
export function takePrecedence(): void {
  try {
    setPriority(observers);
  } catch {
    // Only root may, and one can do without.
  }
}

/** What stands before a server's command: it ends with this process, however that ends, also while it is frozen. */
export function endsWithParent(): readonly string[] {
  return ['setpriv', '--pdeathsig', 'KILL', 'nice', '-n', String(Math.max(0, -getPriority()))];
}
