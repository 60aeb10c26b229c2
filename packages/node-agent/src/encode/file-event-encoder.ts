import { appendEscaped, escapedPrefixEnd } from './go-escape.ts';
import type { OutputBuffer } from './output-buffer.ts';

/** Where a file is, as its events say it: dcos-log's fields beside the line itself. */
export interface FileFields {
  /** Left out while it is not known. */
  readonly AGENT_ID?: string;
  readonly CONTAINER_ID: string;
  readonly EXECUTOR_ID: string;
  readonly FILE: string;
  readonly FRAMEWORK_ID: string;
}

export interface FileEventOptions {
  /** Fields that are not shown. Default: none. */
  readonly withheld?: ReadonlySet<string>;
  /** Bytes that an event may have at most; of a longer line the rest is left out, and it says so. */
  readonly longestEvent: number;
}

/** A line, as far as it is kept: who reads gigabytes without a line break keeps no more than an event can hold. */
export interface FileLine {
  /** Without the line break. */
  readonly bytes: Buffer;
  /** Bytes of the line behind those. */
  readonly missing: number;
  /** Offset of the newline that ends it; undefined when it was never ended. */
  readonly id: number | undefined;
}

const dataKey = 'data: ';
const eventEnd = Buffer.from('"}}\n\n');
const longestId = 'id: 9007199254740991\n'.length;

/** Lines of a file as dcos-log's server-sent events: `{"fields":{…,"MESSAGE":…}}`, names sorted, all strings. */
export class FileEventEncoder {
  readonly contentType = 'text/event-stream';
  readonly ping = Buffer.from(': ping\n\n');
  readonly #head: Buffer;
  readonly #room: number;

  constructor(fields: FileFields, { withheld = new Set(), longestEvent }: FileEventOptions) {
    const shown = Object.entries(fields).filter(([name]) => !withheld.has(name));
    const members = shown.sort(([one], [other]) => (one < other ? -1 : 1)).map((pair) => pair.map(quoted).join(':'));
    // No name here sorts behind MESSAGE.
    this.#head = Buffer.from(`${dataKey}{"fields":{${[...members, '"MESSAGE":"'].join(',')}`);
    this.#room = longestEvent - longestId - this.#head.length - eventEnd.length;
  }

  /** Bytes of a line that can come to be shown. */
  get longestLine(): number {
    return this.#room;
  }

  encode({ bytes, missing, id }: FileLine, output: OutputBuffer): void {
    if (id !== undefined) output.append(Buffer.from(`id: ${id}\n`));
    output.append(this.#head);
    const length = bytes.length + missing;
    if (missing === 0 && escapedPrefixEnd(bytes, 0, bytes.length, this.#room) === bytes.length) {
      appendEscaped(output, bytes, 0, bytes.length);
    } else {
      // The mark's own length depends on what is cut; it is no longer than if all were.
      const kept = escapedPrefixEnd(bytes, 0, bytes.length, this.#room - markOf(length).length);
      appendEscaped(output, bytes, 0, kept);
      output.append(markOf(length - kept));
    }
    output.append(eventEnd);
  }
}

function markOf(missing: number): Buffer {
  return Buffer.from(`… [${missing} bytes more]`);
}

/** As Go's JSON has it, so that no id of a task can look like HTML or a line break. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
