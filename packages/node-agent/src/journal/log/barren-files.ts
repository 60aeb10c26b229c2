import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Match } from '../match.ts';
import type { LogFile } from './log-file.ts';

/** Matches remembered at a time. */
const mostMatches = 64;

/** Files that have no entry that matches, and never will. */
export type Barren = Pick<WeakSet<LogFile>, 'has' | 'add'>;

/**
 * Which files were found to have nothing for which match, so that who asks again, as one who reads page by page does, need
 * not open them again.
 */
export class BarrenFiles {
  readonly #files = new LRUCache<string, WeakSet<LogFile>>({ max: mostMatches });

  for(match: Match): Barren {
    const key = createHash('sha256').update(describe(match)).digest('base64');
    let files = this.#files.get(key);
    if (files === undefined) {
      files = new WeakSet();
      this.#files.set(key, files);
    }
    return files;
  }
}

/** Two matches with the same description match the same entries. */
function describe(match: Match): string {
  switch (match.kind) {
    case 'everything':
    case 'nothing':
      return match.kind;
    case 'equals':
      return JSON.stringify([match.kind, match.field, match.values.map((value) => value.toString('latin1'))]);
    case 'present':
      return JSON.stringify([match.kind, match.field]);
    case 'value':
      return JSON.stringify([match.kind, match.field, match.test.name]);
    case 'time':
      return `time ${match.since} ${match.until}`;
    case 'not':
      return `not(${describe(match.term)})`;
    case 'and':
    case 'or':
      return `${match.kind}(${match.terms.map(describe).join()})`;
  }
}
