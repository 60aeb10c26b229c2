/**
 * Measures how long a thread is kept from everything else: the CPU time between one turn of its event loop and the next,
 * which is the same on however busy a machine.
 */
export class LongestStretch {
  /** Milliseconds. */
  longest = 0;
  #last = 0;
  #next: NodeJS.Immediate | undefined;

  start(): void {
    this.#last = threadMilliseconds();
    this.#wait();
  }

  stop(): void {
    this.#take();
    clearImmediate(this.#next);
  }

  #wait(): void {
    this.#next = setImmediate(() => {
      this.#take();
      this.#wait();
    });
  }

  #take(): void {
    const now = threadMilliseconds();
    this.longest = Math.max(this.longest, now - this.#last);
    this.#last = now;
  }
}

function threadMilliseconds(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
