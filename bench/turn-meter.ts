/** Milliseconds of every turn of this process' event loop while `work` is under way, by the clock. */
export async function measureTurns(work: () => Promise<void>): Promise<number[]> {
  const turns: number[] = [];
  let before = performance.now();
  let next: NodeJS.Immediate;
  const look = (): void => {
    const now = performance.now();
    turns.push(now - before);
    before = now;
    next = setImmediate(look);
  };
  next = setImmediate(look);
  try {
    await work();
    // What came after the last look counts, too.
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    clearImmediate(next);
  }
  return turns;
}
