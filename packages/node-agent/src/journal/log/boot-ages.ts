import type { BootAges, NewestOfBoot } from './entry-order.ts';
import type { LogFile } from './log-file.ts';

interface Newest extends NewestOfBoot {
  readonly monotonic: number;
}

/**
 * The newest entry of each boot, read off the last entries of the files as systemd does. Looked up only where entries of
 * different boots and different counters meet, so built on demand.
 *
 * Which machine a boot is of, systemd takes from the file's header. That names the machine that wrote the file, which for
 * files of systemd-journal-remote is not the one that logged; so here the entry itself is asked first.
 */
export class FileBootAges implements BootAges {
  readonly #files: () => Iterable<LogFile>;
  readonly #version: () => number;
  readonly #machines = new Map<string, string>();
  #newest = new Map<string, Newest>();
  #builtAt: number | undefined;

  /** @param version changes whenever a file came, went or grew */
  constructor(files: () => Iterable<LogFile>, version: () => number) {
    this.#files = files;
    this.#version = version;
  }

  newestOf(bootId: string): NewestOfBoot | undefined {
    this.prepare();
    return this.#newest.get(bootId);
  }

  /**
   * Reads what {@link newestOf} will need. To be called before comparing what a file's `entryAt` gave: reading the last
   * entry of that file would overwrite it.
   */
  prepare(): void {
    const version = this.#version();
    if (this.#builtAt === version) return;
    this.#newest = this.#build();
    this.#builtAt = version;
  }

  #build(): Map<string, Newest> {
    const newest = new Map<string, Newest>();
    for (const file of this.#files()) {
      const tail = file.tail();
      // A monotonic clock ahead of the realtime clock is a time nobody can mean.
      if (tail === undefined || tail.monotonic > tail.realtime) continue;
      const known = newest.get(tail.bootId);
      if (known !== undefined && known.monotonic >= tail.monotonic) continue;
      const machineId = this.#machineOf(tail.bootId, file);
      newest.set(tail.bootId, { machineId, realtime: tail.realtime, monotonic: tail.monotonic });
    }
    return newest;
  }

  /** @param file one whose last entry is of the boot */
  #machineOf(bootId: string, file: LogFile): string {
    const known = this.#machines.get(bootId);
    if (known !== undefined) return known;
    const machineId = file.machineOfTail();
    this.#machines.set(bootId, machineId);
    return machineId;
  }
}
