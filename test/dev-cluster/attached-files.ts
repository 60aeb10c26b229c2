import { existsSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path/posix';

/** What a path comes to: a real path, nothing, or why it is refused. */
export type ResolvedPath = { readonly path: string } | { readonly refused: string } | undefined;

/**
 * The directories that a Mesos process shows through its files API, by the names they were attached as: real paths and
 * virtual ones alike (apache/mesos, `src/files/files.cpp`).
 */
export class AttachedFiles {
  readonly #paths = new Map<string, string>();

  attach(path: string, name: string): void {
    this.#paths.set(name, realpathSync(path));
  }

  detach(name: string): void {
    this.#paths.delete(name);
  }

  /** What `/files/debug` tells. */
  get names(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#paths);
  }

  /** The longest attached name counts; what is behind it must not lead out of the attached directory. */
  resolve(asked: string): ResolvedPath {
    const parts = asked.replace(/\/$/, '').split('/');
    for (let length = parts.length; length > 0; length--) {
      const attached = this.#paths.get(parts.slice(0, length).join('/'));
      if (attached === undefined) continue;
      const rest = parts.slice(length);
      if (!statSync(attached).isDirectory()) return rest.length === 0 ? { path: attached } : undefined;
      const path = join(attached, ...rest);
      if (!existsSync(path)) return undefined;
      const real = realpathSync(path);
      return real.startsWith(attached) ? { path: real } : { refused: `'${path}' is inaccessible` };
    }
    return undefined;
  }
}
