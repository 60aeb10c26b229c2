/** The time that begins a line of text: server-local, whole seconds, `YYYY-MM-DD HH:MM:SS: `. The last one is kept. */
export class TimePrefix {
  #second = Number.NaN;
  #bytes = Buffer.alloc(0);

  /** @param realtime µs since 1970 */
  at(realtime: number): Buffer {
    const second = Math.floor(realtime / 1e6);
    if (second !== this.#second) {
      this.#second = second;
      this.#bytes = Buffer.from(formatSecond(second), 'latin1');
    }
    return this.#bytes;
  }
}

function formatSecond(second: number): string {
  const time = new Date(second * 1000);
  const two = (number: number): string => String(number).padStart(2, '0');
  const day = `${String(time.getFullYear()).padStart(4, '0')}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}: `;
}
