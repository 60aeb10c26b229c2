import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JournalWriter, systemJournalPath } from '@clusterlog/test/fixtures/journal-writer/journal-writer';

const machineId = '0123456789abcdef0123456789abcdef';
/** The boot of its entries. */
export const bootId = 'fedcba9876543210fedcba9876543210';
/** When its first entry was written, µs since 1970. */
export const start = 1_700_000_000_000_000;

/** A journal that a test writes, an entry a second from 2023-11-14 22:13:20 UTC on. */
export class WrittenJournal {
  readonly directory = mkdtempSync(join(tmpdir(), 'clusterlog-journal-'));
  /** Of the entries, in their order. */
  readonly cursors: string[] = [];
  readonly #writer: JournalWriter;

  constructor() {
    this.#writer = new JournalWriter({ path: systemJournalPath(this.directory, machineId), machineId, bootId });
    this.#writer.flush();
  }

  /** Writes an entry, to be read once it is flushed; returns its cursor. */
  append(message: string, fields: Readonly<Record<string, string>> = {}): string {
    const at = this.cursors.length * 1_000_000;
    const named = Object.entries({ MESSAGE: message, ...fields });
    const cursor = this.#writer.append({ realtime: start + at, monotonic: 1000 + at, fields: named });
    this.cursors.push(cursor);
    return cursor;
  }

  flush(): void {
    this.#writer.flush();
  }

  close(): void {
    this.#writer.close();
    rmSync(this.directory, { recursive: true });
  }
}
