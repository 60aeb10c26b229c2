import { isFieldName, type NodeFilter, parsePriority } from '@clusterlog/shared';
import { grep, PatternError } from '../journal/grep.ts';
import { and, equals, everything, type Match, not, nothing, or } from '../journal/match.ts';
import { QueryError } from './query-error.ts';

/** What names a unit completely. (systemd.unit(5)) */
const unitSuffix = /\.(service|socket|device|mount|automount|swap|target|path|timer|slice|scope)$/;
/** The message id of a core dump, as systemd-coredump logs it for a unit. */
const coredumpMessage = 'fc2e22bc6ee647b6b90729ab34a250b1';

/**
 * The parameters of v3 that narrow a query, but for its times and boots. Several values of one kind: any of them; different
 * kinds: all; each grep and each negated filter must hold.
 *
 * Whatever asks for a withheld field, negated or not, matches nothing: whether it matched would tell the value.
 *
 * @throws QueryError
 */
export function v3FilterMatch(query: NodeFilter, withheld: ReadonlySet<string>): Match {
  const ask = (field: string, ...values: string[]): Match => (withheld.has(field) ? nothing : equals(field, ...values));
  const { task, framework, component, container, stream, identifier, kernel, priority } = query;
  return and(
    task === undefined ? everything : ask('EXECUTOR_ID', ...task),
    framework === undefined ? everything : ask('FRAMEWORK_ID', ...framework),
    component === undefined ? everything : or(...component.map((name) => unitMatch(name, ask))),
    container === undefined ? everything : containerMatch(container, ask),
    stream === undefined ? everything : ask('STREAM', ...stream.map((name) => name.toUpperCase())),
    identifier === undefined ? everything : ask('SYSLOG_IDENTIFIER', ...identifier),
    kernel === true ? ask('_TRANSPORT', 'kernel') : everything,
    priority === undefined ? everything : priorityMatch(priority, ask),
    fieldMatch(query.filter ?? [], withheld, ask),
    ...(query.grep ?? []).map((text) => grepMatch(text, withheld)),
  );
}

/** Asks for `FIELD=value`, any of the values. */
type Ask = (field: string, ...values: string[]) => Match;

/** What `journalctl --unit` shows: what the unit wrote, and what was written of it by those who may. */
function unitMatch(name: string, ask: Ask): Match {
  const unit = unitSuffix.test(name) ? name : `${name}.service`;
  return or(
    ask('_SYSTEMD_UNIT', unit),
    and(ask('UNIT', unit), ask('_PID', '1')),
    and(ask('OBJECT_SYSTEMD_UNIT', unit), ask('_UID', '0')),
    and(ask('COREDUMP_UNIT', unit), ask('_UID', '0'), ask('MESSAGE_ID', coredumpMessage)),
  );
}

function containerMatch(ids: readonly string[], ask: Ask): Match {
  return or(ask('CONTAINER_ID', ...ids), ask('CONTAINER_NAME', ...ids.map((id) => `mesos-${id}`)));
}

function priorityMatch(text: string, ask: Ask): Match {
  const range = parsePriority(text);
  if (range === undefined) {
    throw malformed(`Parameter priority: expected a level such as err or 3, or FROM..TO, found ${quoted(text)}.`);
  }
  const levels = Array.from({ length: range.to - range.from + 1 }, (_, index) => String(range.from + index));
  return ask('PRIORITY', ...levels);
}

function fieldMatch(filters: readonly string[], withheld: ReadonlySet<string>, ask: Ask): Match {
  const wanted = new Map<string, string[]>();
  const unwanted: Match[] = [];
  for (const filter of filters) {
    const isNegated = filter.startsWith('!');
    const colon = filter.indexOf(':');
    const field = filter.slice(isNegated ? 1 : 0, Math.max(0, colon)).replace(/[a-z]+/g, upperCased);
    if (colon === -1 || !isFieldName(field)) {
      throw new QueryError(
        'filter-malformed',
        `Parameter filter: expected FIELD:value or !FIELD:value, found ${quoted(filter)}.`,
      );
    }
    const value = filter.slice(colon + 1);
    const others = wanted.get(field);
    if (isNegated) unwanted.push(withheld.has(field) ? nothing : not(equals(field, value)));
    else if (others === undefined) wanted.set(field, [value]);
    else others.push(value);
  }
  return and(...Array.from(wanted, ([field, values]) => ask(field, ...values)), ...unwanted);
}

function grepMatch(text: string, withheld: ReadonlySet<string>): Match {
  const [, field = 'MESSAGE', pattern = text] = /^([A-Z_][A-Z0-9_]{0,63})~(.*)$/s.exec(text) ?? [];
  try {
    const match = grep(field, pattern);
    return withheld.has(field) ? nothing : match;
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw malformed(`Parameter grep: ${error.message}.`);
  }
}

// toUpperCase of the whole name would turn letters outside ASCII into legal ones.
function upperCased(letters: string): string {
  return letters.toUpperCase();
}

export function malformed(problem: string): QueryError {
  return new QueryError('parameter-malformed', problem);
}

export function quoted(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}
