import { createRequire } from 'node:module';
import type * as Xz from '@napi-rs/lzma/xz';

const require = createRequire(import.meta.url);
/** Loaded when it is first needed: journald has not written XZ since systemd 246. */
let xz: typeof Xz | undefined;

/** The largest dictionary decoded with, in bytes: that of `xz -9`. journald's has 1 MiB, before systemd 246 8 MiB. */
const largestDictionary = 64 * 1024 * 1024;

const streamHeaderSize = 12;
const streamFooterSize = 12;
const lzma2 = 0x21;

/** What there is to decode in an XZ stream, in bytes. */
export interface XzSizes {
  /** What it becomes. */
  readonly content: number;
  /** What of the stream is compressed, and not merely stored: decoding it takes the time, 15 MB/s. */
  readonly coded: number;
}

/**
 * The sizes of an XZ stream, read off its structure without decoding anything: the chunks of LZMA2 data each say what they
 * become, and a decoder makes neither more nor less of them. (The sizes in block headers and index are only claims: a
 * stream of 43 KB can hold 300 MB whatever they say.)
 *
 * Undefined for all but what journald writes: one stream of one block, filtered by LZMA2 alone, to the last byte of the
 * payload (The .xz File Format 1.2.1, sections 2–4; LZMA2's chunks as in XZ Embedded, `xz_dec_lzma2.c`).
 */
export function xzSizes(stream: Buffer): XzSizes | undefined {
  const start = blockDataStart(stream);
  if (start === undefined) return undefined;
  const chunks = measureChunks(stream, start);
  if (chunks === undefined) return undefined;
  const index = roundUp(chunks.end) + checkSize(stream[7] as number);
  const { content, coded } = chunks;
  return isIndexOfOne(stream, index, content) ? { content, coded } : undefined;
}

/** The content of an XZ stream; throws where it is damaged. Has no limit: {@link xzSizes} comes first. */
export function decodeXz(stream: Buffer): Buffer {
  xz ??= require('@napi-rs/lzma/xz') as typeof Xz;
  return xz.decompressSync(stream);
}

/**
 * Where the block's LZMA2 data begins. Stream header: magic[6], flags[2], CRC32. Block header: size / 4 − 1; flags (bits
 * 1–0 filters − 1, bit 6 and bit 7 whether the sizes are given); the sizes; the filter's id, size of its properties, and
 * properties: for LZMA2 one byte, the dictionary's size.
 */
function blockDataStart(stream: Buffer): number | undefined {
  if (stream.length < streamHeaderSize + streamFooterSize) return undefined;
  if (stream.toString('latin1', 0, 7) !== '\xfd7zXZ\0\0') return undefined;
  const headerSize = stream[streamHeaderSize] as number;
  const flags = stream[streamHeaderSize + 1] as number;
  if (headerSize === 0 || (flags & 0x3f) !== 0) return undefined;
  const sizesGiven = (flags >> 6) & 3;
  let at = streamHeaderSize + 2;
  for (let sizes = (sizesGiven & 1) + (sizesGiven >> 1); sizes > 0; sizes--) at = afterInteger(stream, at);
  if (stream[at] !== lzma2 || stream[at + 1] !== 1) return undefined;
  const dictionary = stream[at + 2] as number;
  if ((2 + (dictionary & 1)) * 2 ** ((dictionary >> 1) + 11) > largestDictionary) return undefined;
  return streamHeaderSize + (headerSize + 1) * 4;
}

/**
 * Walks LZMA2 chunks to their end mark. A chunk: control byte (0 end; 1 and 2 stored; from 0x80 on compressed, its low
 * five bits on top of the size); size − 1 in 16 bits, big-endian; then what is stored, or the compressed size − 1 in 16
 * bits, from 0xC0 on one byte of properties, and what is compressed.
 */
function measureChunks(stream: Buffer, start: number): (XzSizes & { end: number }) | undefined {
  let content = 0;
  let coded = 0;
  let at = start;
  for (;;) {
    const control = stream[at];
    if (control === 0) return { content, coded, end: at + 1 };
    if (control === undefined || (control > 2 && control < 0x80) || at + 6 > stream.length) return undefined;
    const low = stream.readUInt16BE(at + 1) + 1;
    if (control < 0x80) {
      content += low;
      at += 3 + low;
    } else {
      const length = stream.readUInt16BE(at + 3) + 1;
      content += ((control & 0x1f) << 16) + low;
      coded += length;
      at += (control < 0xc0 ? 5 : 6) + length;
    }
  }
}

/** Index: a zero, the number of blocks, for each its size and its content's; padding and CRC32. Then only the footer. */
function isIndexOfOne(stream: Buffer, index: number, contentSize: number): boolean {
  if (stream[index] !== 0 || stream[index + 1] !== 1) return false;
  const contentSizeAt = afterInteger(stream, index + 2);
  const end = afterInteger(stream, contentSizeAt);
  return readInteger(stream, contentSizeAt) === contentSize && roundUp(end) + 4 + streamFooterSize === stream.length;
}

/** Integers have seven bits a byte, the lowest first; all bytes but the last have bit 7 set. */
function readInteger(stream: Buffer, at: number): number {
  let value = 0;
  let byte = 0x80;
  for (let index = 0; index < 9 && byte >= 0x80; index++) {
    byte = stream[at + index] ?? 0;
    value += (byte & 0x7f) * 128 ** index;
  }
  return value;
}

function afterInteger(stream: Buffer, at: number): number {
  let end = at;
  while ((stream[end] ?? 0) >= 0x80) end++;
  return end + 1;
}

/** Blocks and indexes are padded to multiples of four; the stream header has twelve bytes, so offsets count as sizes. */
function roundUp(offset: number): number {
  return Math.ceil(offset / 4) * 4;
}

/** Bytes of the check after a block, by the low four bits of the stream's flags: none, CRC32, CRC64 or SHA-256. */
function checkSize(type: number): number {
  return ({ 0: 0, 1: 4, 4: 8, 10: 32 } as Record<number, number>)[type] ?? Number.NaN;
}
