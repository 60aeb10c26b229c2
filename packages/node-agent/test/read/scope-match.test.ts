import type { FieldCondition, Scope } from '@clusterlog/shared';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scopeMatch } from '../../src/read/scope-match.ts';
import { planV1 } from '../../src/read/v1-plan.ts';
import { MemorySource, matches } from './memory-source.ts';

const scopeOf = (read: Scope['read']): Scope => ({ v: 1, read, files: [], withhold: [] });

describe('a scope', () => {
  it('of the whole node reads everything', () => {
    expect(scopeMatch(scopeOf('node'))).toEqual({ kind: 'everything' });
  });

  it('without a group reads nothing', () => {
    expect(scopeMatch(scopeOf([]))).toEqual({ kind: 'nothing' });
  });

  it('with a group without conditions, which no schema lets through, reads nothing by it', () => {
    expect(scopeMatch(scopeOf([[]]))).toEqual({ kind: 'nothing' });
  });

  it('of system logs reads what no task wrote', () => {
    const source = new MemorySource();
    const system = source.append([
      ['MESSAGE', 'm'],
      ['_SYSTEMD_UNIT', 'docker.service'],
    ]);
    const task = source.append([
      ['MESSAGE', 'm'],
      ['CONTAINER_ID', 'c'],
    ]);
    const absent = ['FRAMEWORK_ID', 'CONTAINER_ID', 'CONTAINER_ID_FULL'].map((field) => ({ field, present: false }));
    const match = scopeMatch(scopeOf([absent]));
    expect([matches(system, match), matches(task, match)]).toEqual([true, false]);
  });
});

const field = fc.constantFrom('A', 'B', 'C');
const value = fc.constantFrom('', 'x', 'y', 'ä');
const condition: fc.Arbitrary<FieldCondition> = fc.oneof(
  fc.record({ field, in: fc.array(value, { minLength: 1, maxLength: 3 }) }),
  fc.record({ field, notIn: fc.array(value, { minLength: 1, maxLength: 3 }) }),
  fc.record({ field, present: fc.boolean() }),
);
const scope: fc.Arbitrary<Scope> = fc
  .oneof(fc.constant('node' as const), fc.array(fc.array(condition, { minLength: 1, maxLength: 3 }), { maxLength: 3 }))
  .map(scopeOf);
const items = fc.array(fc.tuple(field, value), { maxLength: 4 });

function naive(scope: Scope, written: readonly (readonly [string, string])[]): boolean {
  if (scope.read === 'node') return true;
  for (const group of scope.read) {
    let all = true;
    for (const condition of group) {
      const values = written.filter(([name]) => name === condition.field).map(([, value]) => value);
      if ('in' in condition) all &&= values.some((value) => condition.in.includes(value));
      else if ('notIn' in condition) all &&= !values.some((value) => condition.notIn.includes(value));
      else all &&= condition.present ? values.length > 0 : values.length === 0;
    }
    if (all) return true;
  }
  return false;
}

describe('any scope', () => {
  it('lets through the entries that a naive filter lets through', () => {
    fc.assert(
      fc.property(scope, items, (granted, written) => {
        const entry = new MemorySource().append(written);
        expect(matches(entry, scopeMatch(granted))).toBe(naive(granted, written));
      }),
      { numRuns: 2000 },
    );
  });

  it('is narrowed by a query and never widened', () => {
    const filters = fc.array(fc.tuple(field, value), { maxLength: 3 });
    fc.assert(
      fc.property(scope, filters, items, (granted, filter, written) => {
        const entry = new MemorySource().append(written);
        const plan = planV1(
          { filter: filter.map(([name, value]) => `${name}:${value}`) },
          { stream: false, scope: granted },
        );
        const asked = [...new Set(filter.map(([name]) => name))].every((name) =>
          filter.some(
            ([one, value]) => one === name && written.some(([other, had]) => other === name && had === value),
          ),
        );
        expect(matches(entry, plan.match)).toBe(naive(granted, written) && asked);
      }),
      { numRuns: 2000 },
    );
  });
});
