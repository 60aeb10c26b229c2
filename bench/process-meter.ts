import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts CPU time for user space in hundredths of a second on every platform Node.js runs on. */
const ticksPerSecond = 100;

/** What a running process has used so far, from Linux' /proc. */
export class ProcessMeter {
  readonly #pid: number;
  #cpuSeconds = 0;
  #peakRss = 0;
  #rss = 0;

  constructor(pid: number) {
    this.#pid = pid;
  }

  /**
   * CPU seconds of all its threads, those included that have ended (gatewayd has one a connection). In steps of 10 ms:
   * take the mean of many requests where one is short.
   */
  get cpuSeconds(): number {
    this.sample();
    return this.#cpuSeconds;
  }

  /** The most memory it ever had resident, in bytes. */
  get peakRss(): number {
    this.sample();
    return this.#peakRss;
  }

  /** The memory it has resident now, in bytes. */
  get rss(): number {
    this.sample();
    return this.#rss;
  }

  /** File descriptors it has open now. */
  get descriptors(): number {
    return readdirSync(`/proc/${this.#pid}/fd`).length;
  }

  /** Looks now; a process that is no more keeps what was seen last. */
  sample(): void {
    try {
      // The name, in parentheses, may hold anything; utime and stime are the 12th and 13th word after it.
      const stat = readFileSync(`/proc/${this.#pid}/stat`, 'utf8');
      const words = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const ticks = Number(words[11]) + Number(words[12]);
      const status = readFileSync(`/proc/${this.#pid}/status`, 'utf8');
      const peak = /^VmHWM:\s+(\d+) kB/m.exec(status)?.[1];
      const now = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
      this.#cpuSeconds = Math.max(this.#cpuSeconds, ticks / ticksPerSecond);
      if (peak !== undefined) this.#peakRss = Number(peak) * 1024;
      if (now !== undefined) this.#rss = Number(now) * 1024;
    } catch (error) {
      if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
}
