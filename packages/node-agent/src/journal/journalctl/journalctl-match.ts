import { isUtf8 } from 'node:buffer';
import type { Match } from '../match.ts';

/** Longest list of matches handed to journalctl, in characters; the kernel takes 128 KiB an argument, 2 MiB in all. */
const maximumArgumentsLength = 64 * 1024;

/**
 * True when an entry with these fields, received at `realtime`, matches: the match's meaning said the plain way, for
 * entries that come without an index.
 */
export function matchesFields(match: Match, fields: ReadonlyMap<string, readonly Buffer[]>, realtime: number): boolean {
  switch (match.kind) {
    case 'everything':
      return true;
    case 'nothing':
      return false;
    case 'present':
      return fields.has(match.field);
    case 'equals': {
      const values = fields.get(match.field) ?? [];
      return values.some((value) => match.values.some((wanted) => wanted.equals(value)));
    }
    case 'value':
      return (fields.get(match.field) ?? []).some((value) => match.test.passes(value, 0, value.length));
    case 'time':
      return realtime >= match.since && realtime <= match.until;
    case 'not':
      return !matchesFields(match.term, fields, realtime);
    case 'and':
      return match.terms.every((term) => matchesFields(term, fields, realtime));
    case 'or':
      return match.terms.some((term) => matchesFields(term, fields, realtime));
  }
}

/**
 * Matches for journalctl's command line that let through at least the entries that match: same field OR, different fields
 * AND, `+` between alternatives. What they cannot say is left out, so that {@link matchesFields} still decides.
 */
export function matchArguments(match: Match): string[] {
  const alternatives = match.kind === 'or' ? match.terms : [match];
  const all: string[] = [];
  for (const alternative of alternatives) {
    const needed = conjunction(alternative);
    // An alternative that lets everything through makes the others pointless.
    if (needed.length === 0) return [];
    if (all.length > 0) all.push('+');
    all.push(...needed);
  }
  return all.reduce((length, argument) => length + argument.length, 0) > maximumArgumentsLength ? [] : all;
}

function conjunction(match: Match): string[] {
  const needed = new Map<string, string[]>();
  for (const term of match.kind === 'and' ? match.terms : [match]) {
    if (term.kind !== 'equals' || needed.has(term.field) || !term.values.every(isArgument)) continue;
    if (term.values.length === 0) continue;
    needed.set(
      term.field,
      term.values.map((value) => `${term.field}=${value.toString()}`),
    );
  }
  return [...needed.values()].flat();
}

function isArgument(value: Buffer): boolean {
  return isUtf8(value) && !value.includes(0);
}
