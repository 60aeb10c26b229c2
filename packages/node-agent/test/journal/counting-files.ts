import { type OpenOnDisk, openOnDisk } from '../../src/journal/file/file-on-disk.ts';

/** Opens files as usual, and counts what is read of them. */
export class CountingFiles {
  /** Files opened. */
  opened = 0;
  /** Bytes read. */
  bytes = 0;
  /** Files open at a time, at most. */
  mostOpen = 0;
  #open = 0;

  readonly open: OpenOnDisk = (path) => {
    this.opened += 1;
    const file = openOnDisk(path);
    this.#open += 1;
    this.mostOpen = Math.max(this.mostOpen, this.#open);
    return {
      readSync: (into, at, length, offset) => {
        const count = file.readSync(into, at, length, offset);
        this.bytes += count;
        return count;
      },
      read: async (into, length, offset) => {
        const count = await file.read(into, length, offset);
        this.bytes += count;
        return count;
      },
      size: () => file.size(),
      identity: () => file.identity(),
      close: () => {
        this.#open -= 1;
        file.close();
      },
    };
  };

  /** What was opened and read since the last call. */
  take(): { opened: number; bytes: number } {
    const { opened, bytes } = this;
    this.opened = 0;
    this.bytes = 0;
    return { opened, bytes };
  }
}
