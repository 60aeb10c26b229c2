import { readFileSync, statSync } from 'node:fs';

export interface WatchedFileOptions<Content> {
  readonly path: string;
  /** Throws, with a sentence about the file's content, when it is not usable. */
  readonly parse: (bytes: Buffer) => Content;
  /** Told of a changed file that is not usable; the last good content stays in force. */
  readonly onProblem: (problem: Error) => void;
  /** How often the file is looked at, at most, in milliseconds. Default 1,000. */
  readonly interval?: number;
}

/** A version that no file has. */
const unread = '';

/**
 * A file whose content is kept and read again when the file changes. The file is looked at when the content is asked for,
 * so that there is nothing to stop.
 */
export class WatchedFile<Content> {
  readonly #options: WatchedFileOptions<Content>;
  #content: Content;
  #version: string;
  /** What was reported last: once for a file that stays bad. */
  #problem: string | undefined;
  #lookedAt = performance.now();

  /** @throws the first reading's error: there is no last good content yet. */
  constructor(options: WatchedFileOptions<Content>) {
    this.#options = options;
    this.#version = fileVersion(options.path);
    this.#content = options.parse(readFileSync(options.path));
  }

  get content(): Content {
    const now = performance.now();
    if (now - this.#lookedAt >= (this.#options.interval ?? 1_000)) {
      this.#lookedAt = now;
      this.#look();
    }
    return this.#content;
  }

  #look(): void {
    const version = fileVersion(this.#options.path);
    if (version === this.#version) return;
    // Noted before reading: one that changes meanwhile is read again.
    this.#version = version;
    try {
      this.#content = this.#options.parse(readFileSync(this.#options.path));
      this.#problem = undefined;
    } catch (error) {
      const problem = error as NodeJS.ErrnoException;
      // It could not be read just now, for want of descriptors perhaps: that says nothing of what is in it.
      if (problem.code !== undefined) this.#version = unread;
      if (problem.message !== this.#problem) this.#options.onProblem(problem);
      this.#problem = problem.message;
    }
  }
}

/** Changes whenever the file is written, replaced, removed or comes back, or cannot be looked at: reading it tells why. */
export function fileVersion(path: string): string {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return `${ino}:${size}:${mtimeNs}:${ctimeNs}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? unread;
  }
}
