import { constants, zstdCompressSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { decompress, largestField, zstdContentSize } from '../../src/journal/compression.ts';
import { ObjectFlag } from '../../src/journal/layout.ts';

const text = Buffer.from(`MESSAGE=${'all work and no play '.repeat(200)}`);
const frame = zstdCompressSync(text, { pledgedSrcSize: text.length });

it('gives back what was compressed, whatever its size', () => {
  for (const size of [1, 200, 255, 256, 65_791, 65_792, 300_000]) {
    const payload = Buffer.alloc(size, 'x');
    const compressed = zstdCompressSync(payload, { pledgedSrcSize: size });
    expect(zstdContentSize(compressed)).toBe(size);
    expect(decompress(ObjectFlag.zstd, compressed)).toEqual(payload);
  }
});

it('takes a truncated, a bit-flipped and a foreign payload for damaged', () => {
  expect(decompress(ObjectFlag.zstd, frame.subarray(0, frame.length - 3))).toBeUndefined();
  expect(decompress(ObjectFlag.zstd, frame.subarray(0, 5))).toBeUndefined();
  expect(decompress(ObjectFlag.zstd, Buffer.alloc(0))).toBeUndefined();
  expect(decompress(ObjectFlag.zstd, text)).toBeUndefined();
});

it('refuses a frame that declares no size, too large a size, or another than it has', () => {
  const undeclared = zstdCompressSync(text, { params: { [constants.ZSTD_c_contentSizeFlag]: 0 } });
  expect(decompress(ObjectFlag.zstd, undeclared)).toBeUndefined();
  const giant = Buffer.from('28b52ffda0', 'hex');
  const declared = Buffer.alloc(4);
  declared.writeUInt32LE(largestField + 1);
  expect(zstdContentSize(Buffer.concat([giant, declared]))).toBe(largestField + 1);
  expect(decompress(ObjectFlag.zstd, Buffer.concat([giant, declared, frame]))).toBeUndefined();
  const liar = Buffer.from(frame);
  liar.writeUInt16LE(liar.readUInt16LE(5) - 1, 5);
  expect(zstdContentSize(liar)).toBe(text.length - 1);
  expect(decompress(ObjectFlag.zstd, liar)).toBeUndefined();
});

it('takes what it cannot undo, or two compressions at once, for damaged', () => {
  expect(decompress(ObjectFlag.xz, text)).toBeUndefined();
  expect(decompress(ObjectFlag.lz4, text)).toBeUndefined();
  expect(decompress(ObjectFlag.zstd | ObjectFlag.xz, frame)).toBeUndefined();
});
