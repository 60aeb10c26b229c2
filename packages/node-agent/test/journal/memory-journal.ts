import { mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { identityOf } from '../../src/journal/file/file-on-disk.ts';
import { JournalFileError } from '../../src/journal/file/journal-file-error.ts';
import { NativeSource } from '../../src/journal/log/native-source.ts';
import type { MemoryFile } from './memory-file.ts';

/** A directory whose files are {@link MemoryFile}s: on disk there are only their names. */
export class MemoryJournal {
  readonly directory = mkdtempSync(join(tmpdir(), 'memory-journal-'));
  readonly files = new Map<string, MemoryFile>();
  readonly source: NativeSource;

  constructor(files: Readonly<Record<string, MemoryFile>> = {}) {
    for (const [name, file] of Object.entries(files)) this.add(name, file);
    this.source = new NativeSource([this.directory], (path) => {
      const file = this.files.get(basename(path));
      if (file === undefined) throw new JournalFileError('missing', path, 'the file does not exist');
      file.closed = false;
      file.identity = identityOf(statSync(path, { bigint: true }));
      file.refresh();
      return file;
    });
  }

  add(name: string, file: MemoryFile): void {
    this.files.set(name, file);
    writeFileSync(join(this.directory, name), '');
  }

  rename(from: string, to: string): void {
    const file = this.files.get(from);
    if (file === undefined) throw new Error(`there is no ${from}`);
    this.files.delete(from);
    this.files.set(to, file);
    renameSync(join(this.directory, from), join(this.directory, to));
  }

  remove(name: string): void {
    this.files.delete(name);
    rmSync(join(this.directory, name));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.source.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
