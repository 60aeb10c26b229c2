import { isFieldName } from '@clusterlog/shared';
import { and, equals, type Match, nothing } from '../journal/match.ts';
import { QueryError } from './query-error.ts';

/** What the query of gatewayd's `/entries` asks for. */
export interface GatewaydArguments {
  readonly match: Match;
  readonly follow: boolean;
  /** Only the very entry of the cursor. */
  readonly discrete: boolean;
}

/**
 * Reads `follow`, `discrete` and `boot`, each alone or with a word for yes or no, and `FIELD=value`: the same field several
 * times means any of the values, different fields must all match. As with gatewayd, a value ends at a zero byte.
 *
 * @param query what follows the question mark, as it came: values are bytes
 * @param currentBootId what `boot` stands for
 * @throws QueryError `argument-malformed`
 */
export function parseGatewaydArguments(query: string, currentBootId: () => string): GatewaydArguments {
  const values = new Map<string, Buffer[]>();
  const switches = { follow: false, discrete: false };
  const want = (field: string, value: Buffer): void => {
    const others = values.get(field);
    if (others === undefined) values.set(field, [value]);
    else others.push(value);
  };
  const given = query.replace(/&$/, '');
  for (const argument of given === '' ? [] : given.split('&')) {
    const [, encodedName = '', encodedValue = ''] = /^([^=]*)=?(.*)$/s.exec(argument) ?? [];
    const name = decoded(encodedName).toString('latin1');
    const value = decoded(encodedValue);
    if (name === 'follow' || name === 'discrete') switches[name] = yesOrNo(value);
    else if (name !== 'boot') want(demandField(name), value);
    else if (yesOrNo(value)) want('_BOOT_ID', Buffer.from(currentBootId()));
  }
  const terms = Array.from(values, ([field, wanted]) => (isFieldName(field) ? equals(field, ...wanted) : nothing));
  return { match: and(...terms), ...switches };
}

/** Whether `sd_journal_add_match` takes it; some of these no entry can have. */
export function isMatchableField(name: string): boolean {
  return /^(?!__)[A-Z0-9_]+$/.test(name);
}

function demandField(name: string): string {
  if (!isMatchableField(name)) throw malformed();
  return name;
}

function yesOrNo(value: Buffer): boolean {
  const word = value.toString('latin1');
  if (/^(|1|yes|y|true|t|on)$/i.test(word)) return true;
  if (/^(0|no|n|false|f|off)$/i.test(word)) return false;
  throw malformed();
}

function decoded(text: string): Buffer {
  const bytes = Buffer.from(
    text
      .replaceAll('+', ' ')
      .replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))),
    'latin1',
  );
  const zero = bytes.indexOf(0);
  return zero === -1 ? bytes : bytes.subarray(0, zero);
}

function malformed(): QueryError {
  return new QueryError('argument-malformed', 'Failed to parse URL arguments.');
}
