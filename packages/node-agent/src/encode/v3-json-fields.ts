import { hostname } from 'node:os';
import { isFieldName } from '@clusterlog/shared';
import type { Arrangement, FieldsFormat, NamedItem } from './fields-format.ts';
import { v3JsonContainer, v3JsonValue } from './v3-json-value.ts';
import { arrangeOrigin, originItems } from './v3-origin.ts';
import { onlyShown, type ShownFields, shownVariant } from './v3-shown.ts';

const beforeFields = Buffer.from('"fields":{');
const afterFields = Buffer.from('}');
const comma = Buffer.from(',');
const listEnd = Buffer.from(']');
const objectStart = Buffer.from(' {');
const hostKey = Buffer.from('"host":');
const sourceEnd = Buffer.from('},');
const ownHost = Buffer.from(JSON.stringify(hostname()));

/**
 * The fields of an entry as v3 has them in JSON, `"fields":{…}`: names sorted by bytes, a repeated field an array of its
 * values in the entry's order, nothing lost. Names that journald would not store, as forged files have, are left out.
 *
 * @param before `source`: what the journal says of where the entry comes from stands before it, as the rest of the object
 *   `source`. `origin`: the same as the line stream has it, and the brace that begins the entry's object
 */
export function v3JsonFields(before: 'source' | 'origin', shown: ShownFields): FieldsFormat {
  return {
    number: v3JsonValue.number,
    variant: `${before} ${shownVariant(shown)}`,
    arrange(items: readonly NamedItem[], arrangement: Arrangement): void {
      if (before === 'source') arrangeSource(items, arrangement);
      else {
        arrangeOrigin(items, arrangement);
        arrangement.bytes(objectStart);
      }
      arrangeFields(onlyShown(items, shown), arrangement);
    },
    appendValue: v3JsonValue.appendValue,
  };
}

function arrangeFields(items: readonly NamedItem[], arrangement: Arrangement): void {
  arrangement.bytes(beforeFields);
  const named = new Map<string, NamedItem[]>();
  for (const item of items) {
    if (!isFieldName(item.text)) continue;
    const others = named.get(item.text);
    if (others === undefined) named.set(item.text, [item]);
    else others.push(item);
  }
  let separator = '';
  for (const name of Array.from(named.keys()).sort()) {
    const [first, ...others] = named.get(name) ?? [];
    if (first === undefined) continue;
    arrangement.bytes(Buffer.from(`${separator}"${name}":${others.length > 0 ? '[' : ''}`));
    arrangement.value(first, v3JsonValue);
    for (const other of others) {
      arrangement.bytes(comma);
      arrangement.value(other, v3JsonValue);
    }
    if (others.length > 0) arrangement.bytes(listEnd);
    separator = ',';
  }
  arrangement.bytes(afterFields);
}

function arrangeSource(items: readonly NamedItem[], arrangement: Arrangement): void {
  const { framework, executor, container, containerName, stream } = originItems(items);
  arrangement.bytes(hostKey);
  const host = items.findLast(({ text }) => text === '_HOSTNAME');
  if (host === undefined) arrangement.bytes(ownHost);
  else arrangement.value(host, v3JsonValue);
  const member = (key: string, item: NamedItem | undefined, format = v3JsonValue): void => {
    if (item === undefined) return;
    arrangement.bytes(Buffer.from(`,"${key}":`));
    arrangement.value(item, format);
  };
  member('framework', framework);
  member('executor', executor);
  member('container', container);
  member('container', containerName, v3JsonContainer);
  member('stream', stream);
  arrangement.bytes(sourceEnd);
}
