import { randomBytes } from 'node:crypto';
import { constants, crc32, zstdCompressSync } from 'node:zlib';
import { compressXz } from '@clusterlog/test/fixtures/xz';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compressions } from '../../../../../test/fixtures/journal-writer/compression.ts';
import { decompress, isCompressed, largestField } from '../../../src/journal/file/compression.ts';
import { ObjectFlag } from '../../../src/journal/file/layout.ts';
import { xzSizes } from '../../../src/journal/file/xz.ts';
import { zstdContentSize } from '../../../src/journal/file/zstd.ts';

const text = Buffer.from(`MESSAGE=${'all work and no play '.repeat(40)}`);

/** What systemd's own calls make of {@link text}: `lzma_stream_buffer_encode`, `LZ4_compress_default`, `ZSTD_compress`. */
const bySystemd = {
  xz:
    'fd377a585a000000ff12d94103c030d0062101100000000066840fd5e0034f00285d00269146acd06f74b8a5fef94dc3e4c2a226e80c317044' +
    '57b6fca998d1cb8ecc2469bba506db49d46000000140d00600000034fe9360a8000afc020000000000595a',
  lz4: '5003000000000000ff0e4d4553534147453d616c6c20776f726b20616e64206e6f20706c6179201500ffffff1e50706c617920',
  zstd: '28b52ffd6050022d0100e84d4553534147453d616c6c20776f726b20616e64206e6f20706c6179200100c1c46a3a01',
} as const;

const codecs = (['xz', 'lz4', 'zstd'] as const).map((name) => {
  const compression = compressions[name];
  if (compression === undefined) throw new Error(`the writer does not know ${name}`);
  return { name, flag: compression.objectFlag, compress: compression.compress };
});

/** An XZ stream of one block that becomes `content` so many times: its one chunk, which resets the decoder, over and over. */
function xzOver(content: Buffer, times: number): Buffer {
  const one = compressXz(content);
  const start = 12 + ((one[12] as number) + 1) * 4;
  const chunk = one.subarray(start, start + 6 + one.readUInt16BE(start + 3) + 1);
  const block = Buffer.concat([...Array.from({ length: times }, () => chunk), Buffer.alloc(1)]);
  const padded = Buffer.concat([
    one.subarray(0, start),
    block,
    Buffer.alloc((4 - (block.length % 4)) % 4),
    Buffer.alloc(8),
  ]);
  const integer = (value: number): number[] =>
    value < 128 ? [value] : [(value % 128) + 128, ...integer(Math.floor(value / 128))];
  const index = [0, 1, ...integer(start - 12 + block.length + 8), ...integer(times * content.length)];
  while (index.length % 4 !== 0) index.push(0);
  const footer = Buffer.from([0, 0, 0, 0, index.length / 4, 0, 0, 0, 0, one[7] as number, 0x59, 0x5a]);
  footer.writeUInt32LE(crc32(footer.subarray(4, 10)));
  const indexCheck = Buffer.alloc(4);
  indexCheck.writeUInt32LE(crc32(Buffer.from(index)));
  return Buffer.concat([padded, Buffer.from(index), indexCheck, footer]);
}

/** Runs and says how long it took, in ms. */
function timed<T>(run: () => T): [T, number] {
  const start = performance.now();
  return [run(), performance.now() - start];
}

describe.each(codecs)('$name', ({ name, flag, compress }) => {
  const compressed = compress(text);
  const inflate = (payload: Buffer, limit?: number) => decompress(flag, payload, limit);

  it('undoes what systemd wrote', () => {
    expect(inflate(Buffer.from(bySystemd[name], 'hex'))).toEqual(text);
  });

  it('gives back what was compressed, whatever its size', () => {
    for (const size of [1, 200, 255, 256, 65_791, 65_792, 300_000, 5_000_000]) {
      const payload = Buffer.from(Array.from({ length: 1000 }, (_, i) => (i * i) % 251));
      const content = Buffer.alloc(size, payload);
      const [found, wanted] = [inflate(compress(content)), content];
      expect(found?.equals(wanted)).toBe(true);
    }
  });

  it('gives back bytes that cannot be compressed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 5000 }), (bytes) => {
        expect(inflate(compress(Buffer.from(bytes)))).toEqual(Buffer.from(bytes));
      }),
      { numRuns: 50 },
    );
  });

  it('leaves the payload as it is: it lies in a page that others read', () => {
    const before = Buffer.from(compressed);
    inflate(compressed);
    expect(compressed).toEqual(before);
  });

  it('takes a payload that ends too early for damaged, wherever it ends', () => {
    for (let length = 0; length < compressed.length; length++) {
      expect(inflate(compressed.subarray(0, length))).toBeUndefined();
    }
  });

  it('takes a foreign payload for damaged', () => {
    expect(inflate(text)).toBeUndefined();
    expect(inflate(Buffer.alloc(100))).toBeUndefined();
    expect(inflate(Buffer.alloc(100, 0xff))).toBeUndefined();
  });

  it('never gives more or less than was declared, and never throws, whatever bits are flipped', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(compressed.length - 1), fc.integer({ min: 1, max: 255 })), {
          minLength: 1,
          maxLength: 4,
        }),
        (flips) => {
          const damaged = Buffer.from(compressed);
          for (const [at, bits] of flips) damaged[at] = (damaged[at] as number) ^ bits;
          const found = inflate(damaged, 10_000);
          expect(found === undefined || found.length <= 10_000).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('decodes what is as large as the limit and nothing larger', () => {
    expect(inflate(compressed, text.length)).toEqual(text);
    expect(inflate(compressed, text.length - 1)).toBeUndefined();
  });

  it('refuses what is too large without decoding it', () => {
    const size = 4 * 1024 * 1024;
    const bomb = compress(Buffer.alloc(size));
    const before = process.memoryUsage().external;
    const [found, milliseconds] = timed(() => inflate(bomb, size - 1));
    expect(found).toBeUndefined();
    expect(process.memoryUsage().external - before).toBeLessThan(size / 4);
    expect(milliseconds).toBeLessThan(20);
  });
});

describe('zstd', () => {
  const frame = zstdCompressSync(text, { pledgedSrcSize: text.length });

  it('says what size a frame declares, however wide', () => {
    for (const size of [1, 200, 255, 256, 65_791, 65_792, 300_000]) {
      expect(zstdContentSize(zstdCompressSync(Buffer.alloc(size, 'x'), { pledgedSrcSize: size }))).toBe(size);
    }
  });

  it('refuses a frame that declares no size, too large a size, or another than it has', () => {
    const undeclared = zstdCompressSync(text, { params: { [constants.ZSTD_c_contentSizeFlag]: 0 } });
    expect(decompress(ObjectFlag.zstd, undeclared)).toBeUndefined();
    const giant = Buffer.from('28b52ffda0', 'hex');
    const declared = Buffer.alloc(4);
    declared.writeUInt32LE(largestField + 1);
    expect(zstdContentSize(Buffer.concat([giant, declared]))).toBe(largestField + 1);
    expect(decompress(ObjectFlag.zstd, Buffer.concat([giant, declared, frame]))).toBeUndefined();
    for (const lie of [-1, 1]) {
      const liar = Buffer.from(frame);
      liar.writeUInt16LE(liar.readUInt16LE(5) + lie, 5);
      expect(zstdContentSize(liar)).toBe(text.length + lie);
      expect(decompress(ObjectFlag.zstd, liar)).toBeUndefined();
    }
  });

  it('gives no more than the first frame, whatever follows it', () => {
    expect(decompress(ObjectFlag.zstd, Buffer.concat([frame, frame]))).toEqual(text);
  });
});

describe('lz4', () => {
  const payload = Buffer.from(bySystemd.lz4, 'hex');
  const declaring = (size: bigint): Buffer => {
    const forged = Buffer.from(payload);
    forged.writeBigUInt64LE(size);
    return forged;
  };

  it('refuses a size that is not that of the content', () => {
    for (const lie of [-1, 1, 1000]) {
      expect(decompress(ObjectFlag.lz4, declaring(BigInt(text.length + lie)))).toBeUndefined();
    }
  });

  it('refuses at once a size that no block of this length can have', () => {
    for (const size of [
      0xffff_ffffn,
      2n ** 32n + BigInt(text.length),
      2n ** 63n,
      2n ** 64n - 1n,
      60n * 1024n * 1024n,
    ]) {
      const [found, milliseconds] = timed(() => decompress(ObjectFlag.lz4, declaring(size)));
      expect(found).toBeUndefined();
      expect(milliseconds).toBeLessThan(20);
    }
  });
});

describe('xz', () => {
  const stream = Buffer.from(bySystemd.xz, 'hex');
  /** Offsets in {@link stream}: its filter, its chunk, its index. */
  const [filter, chunk, index] = [17, 28, 76];
  const contentOf = (xz: Buffer): number | undefined => xzSizes(xz)?.content;
  const forged = (at: number, ...values: number[]): Buffer => {
    const copy = Buffer.from(stream);
    copy.set(values, at);
    return copy;
  };

  it('says what a stream becomes, with and without check', () => {
    expect(xzSizes(stream)?.content).toBe(text.length);
    for (const size of [1, 65_536, 2 ** 21, 2 ** 21 + 1, 7_000_000]) {
      expect(contentOf(compressXz(Buffer.alloc(size)))).toBe(size);
    }
  });

  it('goes by the chunks, not by what block header and index claim', () => {
    expect(forged(chunk, 0xe0, 0x03, 0x4f)).toEqual(stream);
    expect(contentOf(forged(chunk, 0xff))).toBeUndefined();
    expect(forged(index + 3, 0xd0, 0x06)).toEqual(stream);
    expect(contentOf(forged(index + 3, 0xd1))).toBeUndefined();
  });

  it('refuses a bomb of 300 MB at once', () => {
    const bomb = xzOver(Buffer.alloc(1024 * 1024), 300);
    expect(bomb.length).toBeLessThan(70_000);
    expect(contentOf(bomb)).toBe(300 * 1024 * 1024);
    const before = process.memoryUsage().external;
    const [found, milliseconds] = timed(() => decompress(ObjectFlag.xz, bomb));
    expect(found).toBeUndefined();
    expect(milliseconds).toBeLessThan(20);
    expect(process.memoryUsage().external - before).toBeLessThan(1024 * 1024);
  });

  it('refuses what would take too long to decode', () => {
    const content = Buffer.from(randomBytes(50_000).toString('hex'));
    const slow = xzOver(content, 30);
    const sizes = xzSizes(slow);
    expect(sizes?.content).toBe(3_000_000);
    expect(sizes?.coded).toBeGreaterThan(1_500_000);
    expect(sizes?.coded).toBeLessThan(slow.length);
    const [found, milliseconds] = timed(() => decompress(ObjectFlag.xz, slow));
    expect(found).toBeUndefined();
    expect(milliseconds).toBeLessThan(20);
  });

  it('counts what is stored and not compressed as quickly decoded', () => {
    const stored = compressXz(randomBytes(200_000));
    expect(xzSizes(stored)).toEqual({ content: 200_000, coded: 0 });
  });

  it('refuses filters other than LZMA2, and a dictionary larger than any field', () => {
    expect(forged(filter, 0x21, 1, 16)).toEqual(stream);
    expect(contentOf(forged(filter, 0x04))).toBeUndefined();
    expect(contentOf(forged(filter + 2, 28))).toBe(text.length);
    expect(contentOf(forged(filter + 2, 29))).toBeUndefined();
    expect(contentOf(forged(filter + 2, 40))).toBeUndefined();
  });

  it('refuses a second stream and a second block, which hide what they become: journald writes neither', () => {
    expect(contentOf(Buffer.concat([stream, stream]))).toBeUndefined();
    expect(contentOf(Buffer.concat([stream.subarray(0, index), stream.subarray(12)]))).toBeUndefined();
    expect(contentOf(Buffer.concat([stream, Buffer.alloc(4)]))).toBeUndefined();
  });
});

it('takes two compressions at once for damaged', () => {
  for (const { flag, compress } of codecs) {
    const others = codecs.filter((other) => other.flag !== flag);
    for (const other of others) expect(decompress(flag | other.flag, compress(text))).toBeUndefined();
  }
});

it('knows a compressed object by its flags', () => {
  expect([0, 1, 2, 4, 8, 0x80].map(isCompressed)).toEqual([false, true, true, true, false, false]);
});
