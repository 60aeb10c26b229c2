import type { NumberedLines } from './numbered-lines.ts';
import type { StoredLines } from './stored-lines.ts';

/** What writes the journal of a node. */
export interface NodeLog {
  /** Appends the next line. Lines that journald could not be given are not in {@link NodeLog.stored}. */
  write(lines: NumberedLines): void;
  /** The node's clock is set, by so many seconds. */
  stepClock(seconds: number): void;
  rotate(): Promise<void>;
  /** Paths of the archived files. */
  archives(): readonly string[];
  /** Deletes archived files, as vacuuming does. */
  vacuum(archives: readonly string[]): Promise<void>;
  /** Which lines the journal has got, by the lines' name; those of vacuumed files included. */
  stored(all: readonly NumberedLines[]): Promise<StoredLines>;
  stop(): Promise<void>;
}
