import { describe, expect, it } from 'vitest';
import { runChaos } from '../chaos/chaos-run.ts';
import { describeReport } from '../chaos/report.ts';
import { whyNoChaos } from '../chaos/why-no-chaos.ts';
import { cannotRun } from '../fixtures/requirements.ts';

/** The short form of `npm run chaos`. What happens is chosen by the seed; when, by the machine. */
const seed = 6;

describe.skipIf(cannotRun(whyNoChaos()))('a cluster under random faults', () => {
  it('gives every follower every line exactly once, and tells of what is wrong', { timeout: 400_000 }, async () => {
    const report = await runChaos({
      seed,
      seconds: 25,
      rate: 200,
      followers: 20,
      wellWithin: 60,
      run: 'source',
      say: () => {},
    });
    process.stdout.write(`chaos, seed ${seed}:\n${describeReport(report)}\n`);
    expect(report.faults).toEqual([]);
    expect(report.stored).toBeGreaterThan(1_000);
    expect(report.episodes.length).toBeGreaterThanOrEqual(3);
    expect(report.followers.every(({ entries }) => entries > 0)).toBe(true);
  });
});
