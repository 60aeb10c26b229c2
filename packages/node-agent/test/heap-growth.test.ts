import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const module = join(import.meta.dirname, '..', 'src', 'heap-growth.ts');
const churn = `
  import { getHeapSpaceStatistics } from 'node:v8';
  const kept = [];
  for (let round = 0; round < 1_000_000; round++) kept[round % 50_000] = { round, list: [round] };
  const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  console.log(young.space_size / 2 ** 20);
`;

function youngMebibytes(...flags: string[]): number {
  return Number(execFileSync(process.execPath, [...flags, '--input-type=module', '--eval', churn]));
}

describe('the young generation', () => {
  it('stays small while much is made and thrown away', () => {
    expect(youngMebibytes('--import', module)).toBeLessThanOrEqual(6);
    expect(youngMebibytes()).toBeGreaterThan(8);
  });

  it('has the size that the operator wants', () => {
    expect(youngMebibytes('--max-semi-space-size=8', '--import', module)).toBe(16);
  });
});
