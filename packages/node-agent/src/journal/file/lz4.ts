import { createRequire } from 'node:module';
import type * as Lz4 from 'lz4-napi';

const require = createRequire(import.meta.url);
/** Loaded when it is first needed: it takes 3 MB, and hardly any journal has such fields. */
let lz4: typeof Lz4 | undefined;

/** What journald puts before the block: the content's size in 64 bits. */
const sizePrefix = 8;
/** A byte of a block stands for at most so many of the content: each further byte of a match's length adds 255. */
const greatestRatio = 255;

/**
 * The content size declared before an LZ4 block, undefined if a block of this length cannot hold so much (systemd
 * src/basic/compress.c, `compress_blob_lz4`: the size as a little-endian word of 64 bits, then one raw block).
 */
export function lz4ContentSize(payload: Buffer): number | undefined {
  const block = payload.length - sizePrefix;
  if (block < 1) return undefined;
  const size = Number(payload.readBigUInt64LE(0));
  return size <= block * greatestRatio ? size : undefined;
}

/** The content of an LZ4 block; throws, or gives another size, where the block is damaged. */
export function decodeLz4(payload: Buffer, size: number): Buffer {
  // lz4-napi wants the size in 32 bits, and the payload is not ours to overwrite.
  const block = Buffer.allocUnsafe(payload.length - sizePrefix + 4);
  block.writeUInt32LE(size, 0);
  payload.copy(block, 4, sizePrefix);
  lz4 ??= require('lz4-napi') as typeof Lz4;
  return lz4.uncompressSync(block);
}
