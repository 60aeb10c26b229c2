/** A position in one machine's journal, as systemd's `sd_journal_get_cursor` prints it. */
export interface Cursor {
  /** `s`: the seqnum id, 32 hexadecimal digits. */
  readonly seqnumId: string;
  /** `i`: the seqnum. */
  readonly seqnum: bigint;
  /** `b`: the boot id, 32 hexadecimal digits. */
  readonly bootId: string;
  /** `m`: CLOCK_MONOTONIC in µs. */
  readonly monotonic: bigint;
  /** `t`: CLOCK_REALTIME in µs since 1970. */
  readonly realtime: bigint;
  /** `x`: the entry's xor hash. */
  readonly xorHash: bigint;
}

const shape =
  /^s=([0-9a-f]{32});i=([0-9a-f]{1,16});b=([0-9a-f]{32});m=([0-9a-f]{1,16});t=([0-9a-f]{1,16});x=([0-9a-f]{1,16})$/i;

/** Longest text {@link parseCursor} looks at, in characters: six keys, two ids, four 64-bit numbers. */
export const maximumCursorLength = 160;

/**
 * Reads a cursor in systemd's text form. Undefined when it is anything else; the keys must be all six, in systemd's order,
 * as dcos-log demands.
 */
export function parseCursor(text: string): Cursor | undefined {
  if (text.length > maximumCursorLength) return undefined;
  const match = shape.exec(text);
  if (match === null) return undefined;
  const [, seqnumId = '', seqnum = '', bootId = '', monotonic = '', realtime = '', xorHash = ''] = match;
  return {
    seqnumId: seqnumId.toLowerCase(),
    seqnum: BigInt(`0x${seqnum}`),
    bootId: bootId.toLowerCase(),
    monotonic: BigInt(`0x${monotonic}`),
    realtime: BigInt(`0x${realtime}`),
    xorHash: BigInt(`0x${xorHash}`),
  };
}

/** The cursor in systemd's text form: lower-case hexadecimal, no leading zeros. */
export function formatCursor(cursor: Cursor): string {
  const { seqnumId, seqnum, bootId, monotonic, realtime, xorHash } = cursor;
  return `s=${seqnumId};i=${seqnum.toString(16)};b=${bootId};m=${monotonic.toString(16)};t=${realtime.toString(16)};x=${xorHash.toString(16)}`;
}
