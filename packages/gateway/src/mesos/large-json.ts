import { setImmediate } from 'node:timers/promises';

/** Below this, in bytes, `JSON.parse` takes less than some 5 ms and is simply called. */
const SMALL = 512 * 1024;
/** How long the event loop is kept at a time, in milliseconds. */
const SLICE_MS = 5;

const [QUOTE, BACKSLASH, OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = Buffer.from('"\\{}[]');
/** The only key of an object that stands for an element parsed on its own. No JSON of Mesos has it. */
const PLACEHOLDER = '\u0001element';

/**
 * Parses JSON as `JSON.parse` does, without keeping the event loop for seconds when there are 200 MB of it: the objects
 * that lie `depth` containers deep, such as the tasks of a cluster, are parsed one by one, with breaks, and put in their
 * places. A wrong `depth` costs the breaks, and nothing else.
 * @throws SyntaxError as `JSON.parse`
 */
export async function parseLargeJson(bytes: Buffer, depth: number): Promise<unknown> {
  if (bytes.length < SMALL) return JSON.parse(bytes.toString('utf8'));
  const elements: unknown[] = [];
  const skeleton: string[] = [];
  let copied = 0;
  let began = performance.now();
  let level = 0;
  let start = -1;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) {
      at = endOfString(bytes, at);
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (level === depth && byte === OPEN_BRACE) start = at;
      level++;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      level--;
      if (level !== depth || byte !== CLOSE_BRACE || start < 0) continue;
      skeleton.push(bytes.toString('utf8', copied, start), `{"\\u0001element":${elements.length}}`);
      elements.push(JSON.parse(bytes.toString('utf8', start, at + 1)));
      copied = at + 1;
      start = -1;
      if (performance.now() - began < SLICE_MS) continue;
      await setImmediate();
      began = performance.now();
    }
  }
  skeleton.push(bytes.toString('utf8', copied));
  return restore(JSON.parse(skeleton.join('')), elements, depth);
}

/** Where the string that begins at `from` ends; the end of the bytes when it does not. */
function endOfString(bytes: Buffer, from: number): number {
  for (let end = from + 1; end < bytes.length; end++) {
    end = bytes.indexOf(QUOTE as number, end);
    if (end < 0) break;
    let backslashes = 0;
    while (bytes[end - 1 - backslashes] === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return bytes.length;
}

/** Puts the elements in their places, `depth` containers below `value`. */
function restore(value: unknown, elements: readonly unknown[], depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return PLACEHOLDER in value ? elements[Number(value[PLACEHOLDER])] : value;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = restore(value[i], elements, depth - 1);
    return value;
  }
  const members = value as Record<string, unknown>;
  for (const key of Object.keys(members)) members[key] = restore(members[key], elements, depth - 1);
  return members;
}
