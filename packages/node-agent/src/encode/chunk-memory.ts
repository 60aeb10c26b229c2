const smallest = 8 * 1024;
/** Larger pieces are not kept. One is for an entry with a message of 1 MiB: such messages come one after the other. */
const largestKept = 2 * 1024 * 1024;
/** Bytes kept for the next chunks, of all sizes together. */
const mostKept = 4 * 1024 * 1024;

/** Pieces given back, by their size. */
const free = new Map<number, Buffer[]>();
let freeBytes = 0;
/** Pieces that somebody has now: nobody else's memory may come into {@link free}, and no piece twice. */
const lent = new WeakSet<ArrayBufferLike>();

/**
 * Memory for a chunk of an answer: at least that many bytes, rounded up to a power of two, of undefined contents. It is
 * memory given back earlier where there is any: fresh memory for each chunk costs a long answer more in garbage
 * collection than in encoding.
 */
export function lendMemory(atLeast: number): Buffer {
  let size = smallest;
  while (size < atLeast) size *= 2;
  const used = free.get(size)?.pop();
  if (used !== undefined) freeBytes -= size;
  // Slow means outside Node's shared pool, not slow: the chunk is handed on and must be nobody else's.
  const memory = used ?? Buffer.allocUnsafeSlow(size);
  lent.add(memory.buffer);
  return memory;
}

/**
 * Gives the memory of a chunk back, whose bytes nobody will look at again: the operating system has them. Chunks that
 * are never given back are the garbage collector's, and so are those not made here.
 */
export function giveMemoryBack(chunk: Buffer): void {
  const { buffer } = chunk;
  const size = buffer.byteLength;
  if (!lent.delete(buffer) || size > largestKept || freeBytes + size > mostKept) return;
  const pieces = free.get(size);
  const piece = Buffer.from(buffer);
  if (pieces === undefined) free.set(size, [piece]);
  else pieces.push(piece);
  freeBytes += size;
}
