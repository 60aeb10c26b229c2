import type { Entry, FieldView } from '../../src/journal/entry.ts';

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Go's encoding/json of a string, character by character. */
export function naiveGoString(bytes: Uint8Array): string {
  let text = '';
  for (let index = 0; index < bytes.length; ) {
    const character = [1, 2, 3, 4].map((size) => decoded(bytes, index, size)).find((one) => one !== undefined);
    if (character === undefined) {
      text += '\\ufffd';
      index++;
      continue;
    }
    text += naiveEscape(character);
    index += Buffer.byteLength(character);
  }
  return `"${text}"`;
}

function decoded(bytes: Uint8Array, index: number, size: number): string | undefined {
  if (index + size > bytes.length) return undefined;
  try {
    return strict.decode(bytes.subarray(index, index + size));
  } catch {
    return undefined;
  }
}

function naiveEscape(character: string): string {
  if ('<>&\u2028\u2029\b\f'.includes(character)) {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  }
  return JSON.stringify(character).slice(1, -1);
}

/** What dcos-log prints for an entry as JSON, with the line break. */
export function naiveJson(entry: Entry, withheld: ReadonlySet<string> = new Set()): string {
  const fields = new Map<string, { name: Buffer; value: Buffer }>();
  const view: FieldView = { bytes: Buffer.alloc(0), start: 0, equals: 0, end: 0 };
  for (let index = 0; index < entry.itemCount; index++) {
    if (!entry.load(index, view)) continue;
    const name = Buffer.from(view.bytes.subarray(view.start, view.equals));
    if (withheld.has(name.toString())) continue;
    fields.set(name.toString('hex'), { name, value: Buffer.from(view.bytes.subarray(view.equals + 1, view.end)) });
  }
  const members = [...fields.values()]
    .sort((one, other) => Buffer.compare(one.name, other.name))
    .map(({ name, value }) => `${naiveGoString(name)}:${naiveGoString(value)}`);
  return `{"fields":{${members.join(',')}},"cursor":"${naiveCursor(entry)}","monotonic_timestamp":${BigInt(entry.monotonic)},"realtime_timestamp":${BigInt(entry.realtime)}}\n`;
}

export function naiveCursor(entry: Entry): string {
  const xorHash = (BigInt(entry.xorHashHigh) << 32n) | BigInt(entry.xorHashLow);
  const hexadecimal = (number: number): string => BigInt(number).toString(16);
  return `s=${entry.seqnumId};i=${hexadecimal(entry.seqnum)};b=${entry.bootId};m=${hexadecimal(entry.monotonic)};t=${hexadecimal(entry.realtime)};x=${xorHash.toString(16)}`;
}
