import { availableParallelism } from 'node:os';
import { expect, it } from 'vitest';
import { cannotRun, whyNoSystemdPrograms } from '../fixtures/requirements.ts';
import { runCampaign } from './campaign.ts';

it.skipIf(cannotRun(whyNoSystemdPrograms()))(
  'bears 5,000 kinds of damage: no crash, no hang, no growth, and fewer than 1 in 500 costs an intact entry',
  async () => {
    // The same damage each time; npm run soak fuzz looks further.
    const seed = 1;
    const workers = Math.min(2, availableParallelism());
    const result = await runCampaign({ seed, count: 5_000, compareEvery: 50, workers, mostFailures: 100 });
    // Known and open: whole blocks of a file in the wrong place, with more damage, can hide an entry behind an entry array.
    const lost = result.failures.filter(({ message }) => /intact entry .* is missing$/.test(message));
    const others = result.failures.filter((failure) => !lost.includes(failure));
    expect(others, `npm run soak fuzz -- --count 1 --seed <seed>`).toEqual([]);
    expect(lost.length, lost.map(({ seed: one }) => one).join(' ')).toBeLessThan(10);
    expect(result.mutations).toBe(5_000);
    expect(result.compared).toBeGreaterThanOrEqual(100);
    expect(result.foundByJournalctl).toBeGreaterThan(1_000);
    expect(result.entries).toBeGreaterThan(100_000);
    expect(result.grown, `seed ${seed}`).toBeLessThan(24 * 1024 * 1024);
  },
  180_000,
);
