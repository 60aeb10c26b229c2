import { ObjectFlag } from './layout.ts';
import { decodeLz4, lz4ContentSize } from './lz4.ts';
import { decodeXz, xzSizes } from './xz.ts';
import { decodeZstd, zstdContentSize } from './zstd.ts';

/**
 * The largest field delivered, in bytes, compressed or not, unless `--maximum-field-size` says otherwise. A larger one counts
 * as damaged.
 *
 * journald takes entries of at most 32 MiB from ordinary users (`ENTRY_SIZE_UNPRIV_MAX`) and fields of at most 768 MiB
 * from root (`DATA_SIZE_MAX`, for core dumps stored in the journal): what is above this limit is never a log line, and
 * decoding it would keep everyone else waiting.
 */
export const largestField = 16 * 1024 * 1024;

/** XZ takes so many times as long for a byte that it decodes as the others for a byte that they make. */
const xzSlowness = 16;
/** Of XZ so much is decoded whatever the limit, in bytes: a MESSAGE of 1 MiB has not more. */
const leastXz = 1024 * 1024;

/** A way to compress the payload of a DATA object. */
interface Codec {
  readonly flag: number;
  /**
   * The size a payload says it has without compression; undefined where it is not what it claims, or would take longer to
   * decode than is fair for a result of at most `limit` bytes. Decodes nothing.
   */
  contentSize(payload: Buffer, limit: number): number | undefined;
  /** Throws, or gives another size, where the payload is damaged. */
  decode(payload: Buffer, size: number): Buffer;
}

const codecs: readonly Codec[] = [
  { flag: ObjectFlag.xz, contentSize: xzContentSize, decode: decodeXz },
  { flag: ObjectFlag.lz4, contentSize: lz4ContentSize, decode: decodeLz4 },
  { flag: ObjectFlag.zstd, contentSize: zstdContentSize, decode: decodeZstd },
];

function xzContentSize(stream: Buffer, limit: number): number | undefined {
  const sizes = xzSizes(stream);
  return sizes !== undefined && sizes.coded <= Math.max(leastXz, limit / xzSlowness) ? sizes.content : undefined;
}

const allFlags = codecs.reduce((flags, { flag }) => flags | flag, 0);

export function isCompressed(objectFlags: number): boolean {
  return (objectFlags & allFlags) !== 0;
}

/**
 * The payload of a DATA object as it was before compression.
 *
 * @param objectFlags `Object.flags`, with exactly one compression in it
 * @param limit the largest result, in bytes: what says to be larger is not decoded
 * @returns undefined if damaged, larger than `limit`, too slow to decode, or compressed in more than one way
 */
export function decompress(objectFlags: number, payload: Buffer, limit: number = largestField): Buffer | undefined {
  const codec = codecs.find(({ flag }) => flag === (objectFlags & allFlags));
  if (codec === undefined) return undefined;
  try {
    const size = codec.contentSize(payload, limit);
    if (size === undefined || size > limit) return undefined;
    const content = codec.decode(payload, size);
    return content.length === size ? content : undefined;
  } catch {
    return undefined;
  }
}
