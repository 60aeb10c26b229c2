import { absoluteTime } from '@clusterlog/shared/v3/time';
import type { View } from '../address/view.ts';
import { grepParts } from '../search/pattern.ts';
import { rangeOf } from '../search/time-range.ts';
import { shellQuoted } from './shell.ts';

/** Where to run it, and whose entries these are there: fields and their values, several of them any. */
export interface JournalctlTarget {
  readonly host: string;
  readonly matches: readonly (readonly string[])[];
}

/**
 * What is shown, as commands of `journalctl`, one for each node, with what they cannot say as comments.
 *
 * @param targets undefined: every node, with everything
 * @param now ms since 1970
 */
export function journalctlCommands(
  { scope, filters, since, until }: View,
  targets: readonly JournalctlTarget[],
  now: number,
): string {
  const { from, to } = rangeOf({ since, until }, now);
  const options: string[] = [];
  const notes: string[] = [];
  if (from !== undefined) options.push('--since', absoluteTime(from));
  if (to !== undefined) options.push('--until', absoluteTime(to));
  for (const unit of scope.component ?? []) options.push('-u', unit);
  for (const identifier of filters.identifier ?? []) options.push('-t', identifier);
  for (const boot of filters.boot ?? []) options.push('-b', boot);
  for (const priority of filters.priority ?? []) options.push('-p', priority);
  const patterns: string[] = [];
  for (const grep of filters.grep ?? []) {
    const { field = 'MESSAGE', expression } = grepParts(grep);
    if (field === 'MESSAGE') patterns.push(expression);
    else notes.push(`${field}~${expression}`);
  }
  const [pattern = '', ...others] = patterns;
  if (others.length > 0) options.push('-g', patterns.map((one) => `(?=[\\s\\S]*(?:${one}))`).join(''));
  else if (pattern !== '') options.push('-g', pattern);
  const filterMatches: string[] = [];
  for (const filter of filters.filter ?? []) {
    const colon = filter.indexOf(':');
    const [field, value] = [filter.slice(0, colon), filter.slice(colon + 1)];
    if (field.startsWith('!')) notes.push(`${field.slice(1)}!=${value}`);
    else filterMatches.push(`${field}=${value}`);
  }
  for (const stream of filters.stream ?? []) filterMatches.push(`STREAM=${stream.toUpperCase()}`);
  if (filters.kernel !== undefined) filterMatches.push('_TRANSPORT=kernel');
  const comments = notes.map((note) => `# not asked of journalctl, which cannot: ${note.replaceAll(/\s+/g, ' ')}`);
  const commands = targets.map(({ host, matches }) => {
    const groups = matches.length === 0 ? [filterMatches] : matches.map((group) => [...group, ...filterMatches]);
    const words = groups.flatMap((group, index) => (index === 0 ? group : ['+', ...group]));
    const command = ['journalctl', '-a', ...options, ...words].map(shellQuoted).join(' ');
    return `# on ${host.replaceAll(/\s+/g, ' ')}\n${command}`;
  });
  return [...comments, ...commands].join('\n');
}
