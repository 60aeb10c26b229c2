import { isFieldName } from '@clusterlog/shared';
import { and, equals, type Match, nothing, or } from '../journal/match.ts';
import { QueryError } from './query-error.ts';
import type { Wording } from './wording.ts';

/** A task's address in the journal, from the path of a v1 route. */
export interface ContainerPath {
  readonly framework: string;
  readonly executor: string;
  readonly container: string;
}

/**
 * The `filter` parameters of API v1 and v2: `FIELD:value`, split at the first colon, the field in any case. The same field
 * several times means any of the values, different fields must all match.
 *
 * A filter on a withheld field matches nothing: whether it matched would tell the value.
 *
 * @throws QueryError `filter-malformed` without a colon, `filter-field-illegal` for a name no journal field can have
 */
export function filterMatch(filters: readonly string[], withheld: ReadonlySet<string>, words: Wording): Match {
  const values = new Map<string, string[]>();
  for (const filter of filters) {
    const colon = filter.indexOf(':');
    if (colon === -1) {
      throw new QueryError('filter-malformed', `${words.filter} format, must be ?filer=key:value. Got ${filter}`);
    }
    const field = upperCased(filter.slice(0, colon));
    if (!isFieldName(field)) {
      throw new QueryError(
        'filter-field-illegal',
        `${words.filter}, the field must be 1 to 64 of A-Z, 0-9 and _ and not start with a digit. Got ${filter}`,
      );
    }
    const wanted = values.get(field);
    if (wanted === undefined) values.set(field, [filter.slice(colon + 1)]);
    else wanted.push(filter.slice(colon + 1));
  }
  return and(...Array.from(values, ([field, wanted]) => ask(field, wanted, withheld)));
}

/** The container that a route's path names. Not a filter: filters narrow it and cannot widen it. */
export function pathMatch(path: ContainerPath, withheld: ReadonlySet<string>): Match {
  return and(
    ask('FRAMEWORK_ID', [path.framework], withheld),
    ask('EXECUTOR_ID', [path.executor], withheld),
    ask('CONTAINER_ID', [path.container], withheld),
  );
}

/** What a component of DC/OS wrote, and what systemd wrote of its unit. The name is the unit's, with its suffix. */
export function componentMatch(name: string, withheld: ReadonlySet<string>): Match {
  return or(ask('UNIT', [name], withheld), ask('_SYSTEMD_UNIT', [name], withheld));
}

function ask(field: string, values: readonly string[], withheld: ReadonlySet<string>): Match {
  return withheld.has(field) ? nothing : equals(field, ...values);
}

// toUpperCase would turn letters outside ASCII into legal ones: a dotless i into I.
function upperCased(name: string): string {
  return name.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}
