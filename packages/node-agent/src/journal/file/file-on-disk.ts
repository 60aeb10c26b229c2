import { type BigIntStats, closeSync, fstatSync, openSync, read, readSync } from 'node:fs';

/** An open file, as the journal reader needs one: any piece of it at any time, and its end. */
export interface OpenBytes {
  /** One system call; may give less than asked for, and throws what the disk says. 0 at the end of the file. */
  readSync(into: Buffer, at: number, length: number, offset: number): number;
  /** The same without holding up the event loop; gives 0 where the disk fails. */
  read(into: Buffer, length: number, offset: number): Promise<number>;
  /** Bytes the file has now; throws what the disk says. */
  size(): number;
  /** Device and inode, as {@link identityOf} gives them. */
  identity(): string;
  /** To be called once, when no read is under way. */
  close(): void;
}

/** What stays the same of a file when it is renamed, and is no other's while it is open. */
export function identityOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

/** Opens a file; throws what the system says. */
export type OpenOnDisk = (path: string) => OpenBytes;

/** A file by its descriptor. */
export const openOnDisk: OpenOnDisk = (path) => {
  const descriptor = openSync(path, 'r');
  return {
    readSync: (into, at, length, offset) => readSync(descriptor, into, at, length, offset),
    read: (into, length, offset) =>
      new Promise((resolve) => {
        read(descriptor, into, 0, length, offset, (error, count) => resolve(error === null ? count : 0));
      }),
    size: () => fstatSync(descriptor).size,
    identity: () => identityOf(fstatSync(descriptor, { bigint: true })),
    close: () => closeSync(descriptor),
  };
};
