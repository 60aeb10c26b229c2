/** An object of a journal file. */
export interface Placed {
  readonly type: number;
  readonly offset: number;
  readonly size: number;
}

/** The objects of a sound journal, in the order of the file. */
export function objectsOf(journal: Buffer): Placed[] {
  const objects: Placed[] = [];
  const tail = Number(journal.readBigUInt64LE(136));
  for (let offset = Number(journal.readBigUInt64LE(88)); offset <= tail; ) {
    const size = Number(journal.readBigUInt64LE(offset + 8));
    objects.push({ type: journal[offset] as number, offset, size });
    offset += Math.ceil(size / 8) * 8;
  }
  return objects;
}

/** The arrays of the file's own chain. */
export function mainArrays(journal: Buffer): number[] {
  const arrays: number[] = [];
  for (let at = Number(journal.readBigUInt64LE(176)); at !== 0; at = Number(journal.readBigUInt64LE(at + 16))) {
    arrays.push(at);
  }
  return arrays;
}
