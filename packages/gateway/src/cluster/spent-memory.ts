import { isMarkedAsUntransferable } from 'node:worker_threads';

/** Of less it is not worth while. */
const leastFreed = 16 * 1024;

/**
 * Frees the memory of what was read off one socket as soon as what was read next is there. A chunk waits in the socket while its
 * agent is paused, and so outlives the young generation: left to the collector, which looks at old memory outside the heap only
 * when there are another 64 MiB of it, chunks make the merge of a hundred agents a quarter larger.
 *
 * All parts of one read lie in the same memory and come one after the other: when other memory comes, they were used up, or
 * copied into it. What Node shares among buffers it marks as not to be taken away.
 */
export class SpentMemory {
  #last: ArrayBufferLike | undefined;

  /** Takes note of the memory that a chunk lies in, of whose predecessors nothing is needed any more. */
  next({ buffer }: Buffer): void {
    const last = this.#last;
    if (last === buffer) return;
    this.#last = buffer;
    if (!(last instanceof ArrayBuffer) || last.byteLength < leastFreed || isMarkedAsUntransferable(last)) return;
    // What is moved elsewhere, nothing of it being kept, is freed at once.
    last.transfer(0);
  }
}
