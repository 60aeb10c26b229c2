import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JournalctlEntry } from '../../../src/journal/journalctl/journalctl-entry.ts';
import { matchesFields } from '../../../src/journal/journalctl/journalctl-match.ts';
import { WaitingMatches } from '../../../src/journal/log/waiting-matches.ts';
import { and, equals, everything, type Match, nothing, present } from '../../../src/journal/match.ts';

const cursor = `s=${'a'.repeat(32)};i=1;b=${'b'.repeat(32)};m=1;t=1;x=1`;

function entryWith(fields: Readonly<Record<string, string | string[]>>): JournalctlEntry {
  return new JournalctlEntry(JSON.stringify({ __CURSOR: cursor, ...fields }));
}

const field = fc.constantFrom('A', 'B', 'C');
const value = fc.constantFrom('', '1', '2', 'ü');

const { match: anyMatch } = fc.letrec<{ match: Match }>((tie) => ({
  match: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(everything, nothing),
    fc.tuple(field, fc.array(value, { minLength: 1, maxLength: 3 })).map(([name, values]) => equals(name, ...values)),
    field.map(present),
    tie('match').map((term): Match => ({ kind: 'not', term })),
    fc.array(tie('match'), { maxLength: 3 }).map((terms): Match => ({ kind: 'and', terms })),
    fc.array(tie('match'), { maxLength: 3 }).map((terms): Match => ({ kind: 'or', terms })),
  ),
}));

const anyEntry = fc
  .dictionary(field, fc.oneof(value, fc.uniqueArray(value, { minLength: 1, maxLength: 2 })), { maxKeys: 3 })
  .map(entryWith);

function concerned<T>(waiting: WaitingMatches<T>, entry: JournalctlEntry): Set<T> {
  const woken = new Set<T>();
  waiting.concern(entry, (waiter) => woken.add(waiter));
  return woken;
}

describe('those who wait', () => {
  it('are told of every entry that matches', () => {
    fc.assert(
      fc.property(fc.array(anyMatch, { maxLength: 6 }), anyEntry, (matches, entry) => {
        const waiting = new WaitingMatches<number>();
        for (const [number, match] of matches.entries()) waiting.add(number, match);
        const woken = concerned(waiting, entry);
        for (const [number, match] of matches.entries()) {
          if (matchesFields(match, entry.fields, entry.realtime)) expect(woken).toContain(number);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('are left alone by entries without the value they look for', () => {
    const waiting = new WaitingMatches<string>();
    waiting.add('task 1', equals('TASK', '1'));
    waiting.add('task 1 or 2', equals('TASK', '1', '2'));
    waiting.add('task 2, not empty', and(present('A'), equals('TASK', '2')));
    waiting.add('any', present('TASK'));
    waiting.add('none', nothing);
    expect(concerned(waiting, entryWith({ TASK: '1' }))).toEqual(new Set(['task 1', 'task 1 or 2', 'any']));
    expect(concerned(waiting, entryWith({ TASK: '2' }))).toEqual(new Set(['task 1 or 2', 'task 2, not empty', 'any']));
    expect(concerned(waiting, entryWith({ TASK: '3', OTHER: '1' }))).toEqual(new Set(['any']));
  });

  it('are forgotten when they stop', () => {
    const waiting = new WaitingMatches<string>();
    const matches = [equals('TASK', '1'), everything, equals('TASK', '1', '2')];
    for (const [number, match] of matches.entries()) waiting.add(String(number), match);
    for (const number of matches.keys()) waiting.delete(String(number));
    expect(concerned(waiting, entryWith({ TASK: '1' }))).toEqual(new Set());
  });
});
