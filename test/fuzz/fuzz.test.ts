import { availableParallelism } from 'node:os';
import { expect, it } from 'vitest';
import { cannotRun, whyNoSystemdPrograms } from '../fixtures/requirements.ts';
import { runCampaign } from './campaign.ts';

it.skipIf(cannotRun(whyNoSystemdPrograms()))(
  'bears 1,500 kinds of damage: no crash, no hang, no growth, and no intact entry lost',
  async () => {
    // The same damage each time, so that a failure is never chance; npm run soak fuzz looks further.
    const seed = 1;
    const workers = Math.min(2, availableParallelism());
    const result = await runCampaign({ seed, count: 1_500, compareEvery: 15, workers });
    expect(result.failures, 'npm run soak fuzz -- --count 1 --seed <seed>').toEqual([]);
    expect(result.mutations).toBe(1_500);
    expect(result.compared).toBeGreaterThanOrEqual(100);
    expect(result.foundByJournalctl).toBeGreaterThan(300);
    expect(result.entries).toBeGreaterThan(30_000);
    expect(result.work).toBeLessThan(4);
    expect(result.stretchOfThousandth).toBeLessThan(50);
    expect(result.grown, `seed ${seed}`).toBeLessThan(32 * 1024 * 1024);
  },
  600_000,
);
