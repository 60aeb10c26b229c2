import { zstdDecompressSync } from 'node:zlib';

/** The least that node:zlib takes, in bytes. */
const leastChunkSize = 64;

/**
 * The content size a zstd frame declares, undefined if it does not or is no frame (RFC 8878, 3.1.1.1: magic number
 * 0xFD2FB528; a descriptor byte whose bits 7–6 say how wide the content size is, bit 5 whether the window descriptor is
 * left out, bits 1–0 how wide the dictionary id is). journald writes one frame, and always declares.
 */
export function zstdContentSize(frame: Buffer): number | undefined {
  const descriptor = frame[4];
  if (descriptor === undefined || frame.readUInt32LE(0) !== 0xfd2fb528) return undefined;
  const singleSegment = (descriptor & 0x20) !== 0;
  const at = 5 + (singleSegment ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] as number);
  const width = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] as number;
  if (width === 0 || frame.length < at + width) return undefined;
  if (width === 1) return frame[at];
  if (width === 2) return frame.readUInt16LE(at) + 256;
  return width === 4 ? frame.readUInt32LE(at) : Number(frame.readBigUInt64LE(at));
}

/** The content of a zstd frame; throws where it is damaged or has more than `size` bytes. */
export function decodeZstd(frame: Buffer, size: number): Buffer {
  // One chunk that holds all, and is not full at the end: no second one is allocated, nothing is copied together.
  const chunkSize = Math.max(leastChunkSize, size + 1);
  return zstdDecompressSync(frame, { maxOutputLength: Math.max(1, size), chunkSize });
}
