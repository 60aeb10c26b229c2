/** Keeps as many slots of a damaged entry array as possible such that they rise strictly. The others become 0. */
export function keepRising(slots: Float64Array): void {
  /** Of the rising rows of each length found so far: where the one with the least end ends. */
  const ends: number[] = [];
  const before = new Int32Array(slots.length).fill(-1);
  for (let index = 0; index < slots.length; index++) {
    const slot = slots[index] as number;
    if (slot === 0) continue;
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((slots[ends[middle] as number] as number) < slot) low = middle + 1;
      else high = middle;
    }
    before[index] = ends[low - 1] ?? -1;
    ends[low] = index;
  }
  const kept = new Uint8Array(slots.length);
  for (let index = ends.at(-1) ?? -1; index >= 0; index = before[index] as number) kept[index] = 1;
  for (let index = 0; index < slots.length; index++) if (kept[index] === 0) slots[index] = 0;
}
