import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { compileRules } from '../../src/policy/compiled-rules.ts';
import { parsePolicy } from '../../src/policy/parse-policy.ts';

const page = readFileSync(new URL('../../../../docs/policy.md', import.meta.url), 'utf8');

it('docs/policy.md shows a policy that is one', () => {
  const [, example = ''] = /```yaml\n(.*?)```/s.exec(page) ?? [];
  const names = compileRules(parsePolicy(example)).map(({ name }) => name);
  expect(names).toEqual([
    'rule 1, operators',
    'rule 2, team a',
    "rule 3, nobody reads the vault's logs",
    'rule 4, secrets stay on the node',
  ]);
});
