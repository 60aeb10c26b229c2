import type { BootAges, NewestOfBoot } from './entry-order.ts';
import type { LogFile } from './log-file.ts';

interface Newest extends NewestOfBoot {
  readonly monotonic: number;
}

/**
 * The newest entry of each boot, read off the last entries of the files as systemd does. Looked up only where entries of
 * different boots and different counters meet, so built on demand.
 */
export class FileBootAges implements BootAges {
  readonly #files: () => Iterable<LogFile>;
  readonly #version: () => number;
  #newest = new Map<string, Newest>();
  #builtAt: number | undefined;

  /** @param version changes whenever a file came, went or grew */
  constructor(files: () => Iterable<LogFile>, version: () => number) {
    this.#files = files;
    this.#version = version;
  }

  newestOf(bootId: string): NewestOfBoot | undefined {
    const version = this.#version();
    if (this.#builtAt !== version) {
      this.#newest = this.#build();
      this.#builtAt = version;
    }
    return this.#newest.get(bootId);
  }

  #build(): Map<string, Newest> {
    const newest = new Map<string, Newest>();
    for (const file of this.#files()) {
      const tail = file.tail();
      if (tail === undefined) continue;
      const known = newest.get(tail.bootId);
      if (known !== undefined && known.monotonic >= tail.monotonic) continue;
      newest.set(tail.bootId, { machineId: file.machineId, realtime: tail.realtime, monotonic: tail.monotonic });
    }
    return newest;
  }
}
