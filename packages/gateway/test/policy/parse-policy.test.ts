import { expect, it } from 'vitest';
import { PolicyError, parsePolicy } from '../../src/policy/parse-policy.ts';

const rules = (text: string): string => `version: 1\nrules:\n${text}`;

it.each<[string, string, string]>([
  ['empty', '', 'line 1: the file must be object'],
  ['not YAML', 'rules: [\n', 'line 2: '],
  ['of another version', 'version: 2\nrules: []\n', 'line 1: version must be 1'],
  ['without rules', 'version: 1\n', 'line 1: the file must have required properties rules'],
  ['with a key twice', rules('  - who: everyone\n    who: everyone\n'), 'line 4: '],
  ['with an unknown key', rules('  - who: everyone\n    alow: [everything]\n'), 'line 4: rules.0.alow is not known'],
  [
    'with an unknown target',
    rules('  - who: everyone\n    allow:\n      - all\n'),
    'line 5: rules.0.allow.0 must be everything',
  ],
  [
    'with a service path that is none',
    rules('  - who: everyone\n    allow:\n      - tasks:\n          service: [a]\n'),
    'line 6: rules.0.allow.0.tasks.service.0 must match',
  ],
  [
    'with a task selector that selects all',
    rules('  - who: everyone\n    allow:\n      - tasks: {}\n'),
    'line 5: rules.0.allow.0.tasks must not have fewer',
  ],
  [
    'with a unit without its suffix',
    rules('  - who: everyone\n    allow:\n      - components: [sshd]\n'),
    'line 5: rules.0.allow.0.components.0 must match',
  ],
  [
    'with a pattern that is none',
    rules('  - who: everyone\n    withhold:\n      - {field: MESSAGE, pattern: "(a"}\n'),
    'line 5: not a pattern of RE2',
  ],
  [
    'with a pattern that takes long',
    rules('  - who: everyone\n    withhold:\n      - {field: MESSAGE, pattern: "(abcd?){300}"}\n'),
    'line 5: the pattern is too large',
  ],
  [
    'with a pattern that is long',
    rules(`  - who: everyone\n    withhold:\n      - {field: MESSAGE, pattern: "${'a'.repeat(1001)}"}\n`),
    'line 5: a pattern has at most 1000 characters, this one 1001',
  ],
  ['with an alias', rules('  - &a {who: everyone}\n  - *a\n'), 'line 1: aliases'],
])('refuses a file %s, and says where', (_, text, message) => {
  expect(() => parsePolicy(text)).toThrow(PolicyError);
  expect(() => parsePolicy(text)).toThrow(message);
});
