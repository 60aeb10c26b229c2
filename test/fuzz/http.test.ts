import { expect, it } from 'vitest';
import { keptDescriptors, runHttpCampaign } from './http-campaign.ts';

it('answers 1,500 valid, nearly valid and hostile requests as the API document says, and holds on to nothing', async () => {
  // The same requests each time, so that a failure is never chance; npm run soak http looks further.
  const result = await runHttpCampaign({ seed: 1, count: 1_500, run: 'source' });
  expect(result.failures, 'npm run soak http -- --count 1 --seed <seed>').toEqual([]);
  expect(result.faults).toEqual([]);
  expect(result.requests).toBe(1_500);
  expect(result.answersAtEnd).toBe(true);
  expect(result.openLeft).toBe(0);
  for (const left of result.descriptorsLeft) expect(left).toBeLessThanOrEqual(keptDescriptors);
  for (const bytes of result.memory.end) expect(bytes).toBeLessThan(500e6);
  const { silent, all } = result.routes;
  expect(silent.length, silent.join('\n')).toBeLessThan(all / 4);
  for (const status of [200, 204, 303, 400, 401, 403, 404, 431]) expect(result.statuses.get(status)).toBeGreaterThan(0);
}, 180_000);
