import { isUtf8 } from 'node:buffer';
import { hostname } from 'node:os';
import { isFieldName } from '@clusterlog/shared';
import type { Entry, FieldView } from '../../src/journal/entry.ts';
import { naiveCursor } from './naive.ts';

type Value = string | { base64: string };

/** Fields of an entry as they can be read, in its own order. */
export function loadedFields(entry: Entry): (readonly [name: string, value: Buffer])[] {
  const fields: [string, Buffer][] = [];
  const view: FieldView = { bytes: Buffer.alloc(0), start: 0, equals: 0, end: 0 };
  for (let index = 0; index < entry.itemCount; index++) {
    if (!entry.load(index, view)) continue;
    const name = view.bytes.toString('latin1', view.start, view.equals);
    fields.push([name, Buffer.from(view.bytes.subarray(view.equals + 1, view.end))]);
  }
  return fields;
}

function shownValue(value: Buffer): Value {
  return isUtf8(value) ? value.toString('utf8') : { base64: value.toString('base64') };
}

function lastOf(entry: Entry, name: string): Buffer | undefined {
  return loadedFields(entry).findLast(([other]) => other === name)?.[1];
}

/** An entry as v3 has it in JSON on an agent, as an object. */
export function naiveV3(entry: Entry, agent: string, shown?: ReadonlySet<string>): unknown {
  const fields: Record<string, Value | Value[]> = {};
  for (const [name, value] of loadedFields(entry)) {
    if (!isFieldName(name) || shown?.has(name) === false) continue;
    const before = fields[name];
    if (before === undefined) fields[name] = shownValue(value);
    else if (Array.isArray(before)) before.push(shownValue(value));
    else fields[name] = [before, shownValue(value)];
  }
  const source: Record<string, Value> = { agent };
  const host = lastOf(entry, '_HOSTNAME');
  source.host = host === undefined ? hostname() : shownValue(host);
  for (const [key, name] of Object.entries({ framework: 'FRAMEWORK_ID', executor: 'EXECUTOR_ID' })) {
    const value = lastOf(entry, name);
    if (value !== undefined) source[key] = shownValue(value);
  }
  const { framework } = source;
  const container = lastOf(entry, 'CONTAINER_ID');
  const docker = lastOf(entry, 'CONTAINER_NAME');
  if (container !== undefined) source.container = shownValue(container);
  else if (framework === undefined && docker !== undefined) source.container = dockerContainer(docker);
  const stream = lastOf(entry, 'STREAM');
  if (stream !== undefined) source.stream = shownValue(stream);
  return {
    cursor: naiveCursor(entry),
    source,
    fields,
    realtime_timestamp: entry.realtime,
    monotonic_timestamp: entry.monotonic,
    boot_id: entry.bootId,
    seqnum: entry.seqnum,
  };
}

function dockerContainer(name: Buffer): Value {
  return shownValue(name.toString('latin1').startsWith('mesos-') ? name.subarray(6) : name);
}

/** A text as v3 shows it, character by character. */
export function naiveV3Text(bytes: Buffer, newLine: string | undefined): string {
  let text = '';
  let rest = bytes;
  if (newLine !== undefined) {
    const latin = bytes.toString('latin1').replace(/(\r?\n)+$/, '');
    rest = Buffer.from(latin, 'latin1');
  }
  for (let index = 0; index < rest.length; ) {
    const size = [1, 2, 3, 4].find(
      (count) => index + count <= rest.length && isUtf8(rest.subarray(index, index + count)),
    );
    const character = size === undefined ? undefined : rest.toString('utf8', index, index + size);
    if (character === '\n' && newLine !== undefined) {
      text += newLine;
      index++;
    } else if (character === undefined || (/\p{Cc}/u.test(character) && character !== '\t')) {
      text += `\\x${rest.toString('hex', index, index + 1)}`;
      index++;
    } else {
      text += character;
      index += size ?? 1;
    }
  }
  return text;
}
