import { renameSync, writeFileSync } from 'node:fs';

/** libfaketime reads its file again after so long, in seconds. */
const rereadSeconds = 1;

/** The wall clock of some processes, which can be set; the machine's own is never touched (libfaketime). */
export class SteppedClock {
  readonly #file: string;
  /** How far it is ahead of the machine's, in seconds. */
  offset = 0;

  /** @param file read by the processes; made here */
  constructor(file: string) {
    this.#file = file;
    this.#write();
  }

  /** What a process of this clock has in its environment. Only CLOCK_REALTIME is its own. */
  get environment(): Readonly<Record<string, string>> {
    return {
      // The dynamic linker puts in the machine's library directory.
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the dynamic linker's own placeholder
      LD_PRELOAD: '/usr/${LIB}/faketime/libfaketimeMT.so.1',
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_CACHE_DURATION: String(rereadSeconds),
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    };
  }

  /** What stands before the command of such a process. */
  get command(): readonly string[] {
    return ['env', ...Object.entries(this.environment).map(([name, value]) => `${name}=${value}`)];
  }

  /** Sets it; processes notice within a second. */
  set(offset: number): void {
    this.offset = offset;
    this.#write();
  }

  #write(): void {
    // Whole or not at all: a process may be reading.
    writeFileSync(`${this.#file}.new`, `${this.offset >= 0 ? '+' : ''}${this.offset}\n`);
    renameSync(`${this.#file}.new`, this.#file);
  }
}
