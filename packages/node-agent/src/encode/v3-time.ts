import { timeText } from '@clusterlog/shared';
import type { OutputBuffer } from './output-buffer.ts';

const length = 27;

/** RFC 3339 in UTC with six digits after the point. What is the same within a second is kept. */
export class V3Time {
  #second = Number.NaN;
  #bytes = Buffer.alloc(length);

  /** @param realtime µs since 1970 */
  append(realtime: number, output: OutputBuffer): void {
    const second = Math.floor(realtime / 1e6);
    if (second !== this.#second) {
      this.#second = second;
      // Beyond the year 9999 there is no such text: a forged entry shows the last there is.
      this.#bytes = Buffer.from(timeText(Math.min(second, 253_402_300_799) * 1e6), 'latin1');
    }
    const at = output.reserve(length);
    const { bytes } = output;
    bytes.set(this.#bytes, at);
    let rest = Math.floor(realtime - second * 1e6);
    for (let index = at + length - 2; index > at + length - 8; index--) {
      const tenth = Math.floor(rest / 10);
      bytes[index] = 0x30 + rest - 10 * tenth;
      rest = tenth;
    }
    output.length = at + length;
  }
}
