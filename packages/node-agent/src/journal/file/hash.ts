import siphash24 from 'siphash24';
import { lookup3 } from './lookup3.ts';

/** A 64-bit hash in two halves, unsigned. */
export interface Hash64 {
  readonly high: number;
  readonly low: number;
}

/**
 * The hash of a payload as a file's hash tables have it: SipHash-2-4 keyed with the file's id where the file says so, else
 * lookup3. Always over the uncompressed bytes.
 */
export function payloadHash(payload: Uint8Array, keyedHash: boolean, fileId: Buffer): Hash64 {
  if (!keyedHash) return lookup3(payload);
  const bytes = siphash24(payload, fileId);
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  return { high: view.getUint32(4, true), low: view.getUint32(0, true) };
}

/** The bucket of a hash among `buckets`: the 64-bit remainder. */
export function bucketOf(hash: Hash64, buckets: number): number {
  return Number(((BigInt(hash.high) << 32n) | BigInt(hash.low)) % BigInt(buckets));
}
