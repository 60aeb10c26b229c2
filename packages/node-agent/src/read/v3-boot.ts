import { equals, everything, type Match, nothing } from '../journal/match.ts';
import type { JournalSource } from '../journal/source.ts';
import { listBoots } from './boots.ts';
import { malformed, quoted } from './v3-filter.ts';

/**
 * The ids of the boots a query asks for, as journalctl's `--boot` means it: an id, 0 for the newest boot, -1 for the one
 * before, 1 for the oldest, 2 for the next. A boot that is not there has no id.
 *
 * @throws QueryError
 */
export async function resolveBoots(
  journal: JournalSource,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const ids: string[] = [];
  let known: readonly string[] | undefined;
  for (const text of texts) {
    const id = text.replaceAll('-', '').toLowerCase();
    if (/^[0-9a-f]{32}$/.test(id)) {
      ids.push(id);
      continue;
    }
    // A plus sign becomes a blank in a query string.
    if (!/^[ +-]?[0-9]{1,6}$/.test(text)) {
      throw malformed(`Parameter boot: expected a boot id, or a number such as 0 or -1, found ${quoted(text)}.`);
    }
    known ??= (await listBoots(journal, everything, signal)).map(({ boot_id }) => boot_id);
    const offset = Number(text);
    const found = offset > 0 ? known[offset - 1] : known.at(offset - 1);
    if (found !== undefined) ids.push(found);
  }
  return ids;
}

export function bootMatch(ids: readonly string[] | undefined, withheld: ReadonlySet<string>): Match {
  if (ids === undefined) return everything;
  return ids.length === 0 || withheld.has('_BOOT_ID') ? nothing : equals('_BOOT_ID', ...ids);
}
