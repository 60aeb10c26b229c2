import type { FieldView } from '../journal/entry.ts';
import type { Arrangement, NamedItem, ValueFormat } from './fields-format.ts';
import type { OutputBuffer } from './output-buffer.ts';
import { containerStart, isMesosContainer } from './v3-json-value.ts';

const hexadecimal = Buffer.from('0123456789ABCDEF');
const percent = 0x25;
const slash = Buffer.from('/');
const unknown = Buffer.from('-');

/** 1 for the characters that a URL calls unreserved. */
const unreserved = new Uint8Array(256);
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~') {
  unreserved[character.charCodeAt(0)] = 1;
}

const percentEncoded: ValueFormat = {
  number: 6,

  appendValue(output: OutputBuffer, { bytes, equals, end }: FieldView): void {
    appendPercentEncoded(output, bytes, equals + 1, end);
  },
};

const percentEncodedContainer: ValueFormat = {
  number: 7,

  appendValue(output: OutputBuffer, view: FieldView): void {
    if (isMesosContainer(view)) appendPercentEncoded(output, view.bytes, containerStart(view), view.end);
  },
};

/** The items that tell whose entry it is. */
export interface OriginItems {
  readonly framework: NamedItem | undefined;
  readonly executor: NamedItem | undefined;
  readonly container: NamedItem | undefined;
  /** Docker's name of the container, where the container logger did not write the entry. */
  readonly containerName: NamedItem | undefined;
  readonly stream: NamedItem | undefined;
}

/** Of a repeated field the last counts. */
export function originItems(items: readonly NamedItem[]): OriginItems {
  const last = (name: string): NamedItem | undefined => items.findLast(({ text }) => text === name);
  const framework = last('FRAMEWORK_ID');
  const container = last('CONTAINER_ID');
  const isDockers = framework === undefined && container === undefined;
  return {
    framework,
    executor: last('EXECUTOR_ID'),
    container,
    containerName: isDockers ? last('CONTAINER_NAME') : undefined,
    stream: last('STREAM'),
  };
}

/** The origin as the line stream has it: framework, executor, container and stream, percent-encoded, between slashes. */
export function arrangeOrigin(items: readonly NamedItem[], arrangement: Arrangement): void {
  const { framework, executor, container, containerName, stream } = originItems(items);
  if ([framework, executor, container, containerName, stream].every((item) => item === undefined)) {
    arrangement.bytes(unknown);
    return;
  }
  if (framework !== undefined) arrangement.value(framework, percentEncoded);
  arrangement.bytes(slash);
  if (executor !== undefined) arrangement.value(executor, percentEncoded);
  arrangement.bytes(slash);
  if (container !== undefined) arrangement.value(container, percentEncoded);
  else if (containerName !== undefined) arrangement.value(containerName, percentEncodedContainer);
  arrangement.bytes(slash);
  if (stream !== undefined) arrangement.value(stream, percentEncoded);
}

function appendPercentEncoded(output: OutputBuffer, source: Buffer, start: number, end: number): void {
  let at = output.reserve(3 * (end - start));
  const { bytes } = output;
  for (let index = start; index < end; index++) {
    const byte = source[index] as number;
    if (unreserved[byte] === 1) {
      bytes[at++] = byte;
      continue;
    }
    bytes[at] = percent;
    bytes[at + 1] = hexadecimal[byte >> 4] as number;
    bytes[at + 2] = hexadecimal[byte & 15] as number;
    at += 3;
  }
  output.length = at;
}
