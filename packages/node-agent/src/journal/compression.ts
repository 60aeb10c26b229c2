import { zstdDecompressSync } from 'node:zlib';
import { ObjectFlag } from './layout.ts';

/** The largest field delivered, in bytes, compressed or not. A larger one counts as damaged. */
export const largestField = 64 * 1024 * 1024;

interface Compression {
  readonly flag: number;
  readonly name: string;
  /** Undefined where the payload is not what it claims; may throw as well. */
  readonly decompress?: (payload: Buffer) => Buffer | undefined;
}

/** How payloads may be compressed. Without `decompress`, such a field counts as damaged. */
const compressions: readonly Compression[] = [
  { flag: ObjectFlag.xz, name: 'XZ' },
  { flag: ObjectFlag.lz4, name: 'LZ4' },
  { flag: ObjectFlag.zstd, name: 'ZSTD', decompress: decompressZstd },
];

const allFlags = compressions.reduce((flags, compression) => flags | compression.flag, 0);

export function isCompressed(objectFlags: number): boolean {
  return (objectFlags & allFlags) !== 0;
}

/**
 * The payload of a DATA object as it was before compression.
 *
 * @param objectFlags `Object.flags`, with exactly one compression in it
 * @returns undefined if damaged, larger than {@link largestField}, or compressed in a way this reader cannot undo
 */
export function decompress(objectFlags: number, payload: Buffer): Buffer | undefined {
  const compression = compressions.find(({ flag }) => flag === (objectFlags & allFlags));
  if (compression?.decompress === undefined) return undefined;
  try {
    return compression.decompress(payload);
  } catch {
    return undefined;
  }
}

/** journald writes one frame that declares its content's size: that is checked before anything is decoded. */
function decompressZstd(payload: Buffer): Buffer | undefined {
  const size = zstdContentSize(payload);
  if (size === undefined || size > largestField) return undefined;
  const content = zstdDecompressSync(payload, { maxOutputLength: Math.max(1, size) });
  return content.length === size ? content : undefined;
}

/**
 * The content size a zstd frame declares, undefined if it does not or is no frame (RFC 8878, 3.1.1.1: magic number
 * 0xFD2FB528; a descriptor byte whose bits 7–6 say how wide the content size is, bit 5 whether the window descriptor is
 * left out, bits 1–0 how wide the dictionary id is).
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
