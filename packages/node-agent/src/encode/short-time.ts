const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The time that begins a line of `journalctl -o short`: local, whole seconds, `Nov 14 22:13:21`. The last one is kept. */
export class ShortTime {
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
  const day = `${months[time.getMonth()]} ${two(time.getDate())}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}
