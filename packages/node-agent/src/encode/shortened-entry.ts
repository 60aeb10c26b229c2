import type { Entry, FieldView } from '../journal/entry.ts';
import { escapedPrefixEnd, escapedSize } from './go-escape.ts';

/** The quotes, the colon and the comma of a JSON member. */
const punctuation = Buffer.byteLength('"":"",');

/** A message is not made shorter than this for the sake of other fields that are longer, in bytes of JSON. */
const shortestMessage = 4096;

/** A field that cannot show so many bytes of its value is left out, unless there are no more. */
const shortestValue = 64;

interface Part {
  /** The index in the entry. */
  readonly index: number;
  readonly isMessage: boolean;
  /** Bytes of JSON that go to the name and around it. */
  readonly frame: number;
  /** Bytes of JSON of the value. */
  readonly value: number;
}

/**
 * An entry cut down so that its fields take no more than some bytes as members of a JSON object of dcos-log's. The message
 * gives way first; then all that is longer than the rest, to one length; then whole fields. What is cut ends in an
 * ellipsis and the number of bytes that are not there.
 *
 * Holds as long as the entry it is made from.
 */
export class ShortenedEntry implements Entry {
  readonly realtime: number;
  readonly monotonic: number;
  readonly seqnum: number;
  readonly seqnumId: string;
  readonly bootId: string;
  readonly xorHashHigh: number;
  readonly xorHashLow: number;
  readonly itemCount: number;
  readonly itemIds: Float64Array;
  readonly newItemsAbove: number;
  /** None: what was learnt of whole values must not serve shortened ones, nor the other way round. */
  readonly domain = undefined;
  readonly #entry: Entry;
  readonly #indexes: readonly number[];
  readonly #longestValues: readonly number[];

  /**
   * @param room in bytes of JSON
   * @param withheld fields that are not shown and need no room
   */
  constructor(entry: Entry, room: number, withheld: ReadonlySet<string>) {
    this.#entry = entry;
    this.realtime = entry.realtime;
    this.monotonic = entry.monotonic;
    this.seqnum = entry.seqnum;
    this.seqnumId = entry.seqnumId;
    this.bootId = entry.bootId;
    this.xorHashHigh = entry.xorHashHigh;
    this.xorHashLow = entry.xorHashLow;
    const { parts, longestValues } = shares(room > 0 ? partsOf(entry, withheld) : [], room);
    this.#indexes = parts.map(({ index }) => index);
    this.#longestValues = longestValues;
    this.itemCount = parts.length;
    this.itemIds = Float64Array.from(parts, ({ index }) => entry.itemIds[index] as number);
    this.newItemsAbove = entry.newItemsAbove;
  }

  load(index: number, view: FieldView): boolean {
    if (!this.#entry.load(this.#indexes[index] as number, view)) return false;
    cut(view, this.#longestValues[index] as number);
    return true;
  }
}

/** What is shown of an entry: of a repeated field the last value. */
function partsOf(entry: Entry, withheld: ReadonlySet<string>): Part[] {
  const parts = new Map<string, Part>();
  const view: FieldView = { bytes: Buffer.alloc(0), start: 0, equals: 0, end: 0 };
  for (let index = 0; index < entry.itemCount; index++) {
    if (!entry.load(index, view)) continue;
    const name = view.bytes.toString('latin1', view.start, view.equals);
    if (withheld.has(name)) continue;
    const frame = punctuation + escapedSize(view.bytes, view.start, view.equals);
    const value = escapedSize(view.bytes, view.equals + 1, view.end);
    parts.set(name, { index, isMessage: name === 'MESSAGE', frame, value });
  }
  return Array.from(parts.values());
}

/** Who gets how much of the room. */
function shares(all: readonly Part[], room: number): { parts: Part[]; longestValues: number[] } {
  const parts = those(all, room);
  const forValues = room - sum(parts, ({ frame }) => frame);
  const others = sum(parts, ({ isMessage, value }) => (isMessage ? 0 : value));
  if (forValues - others >= shortestMessage) {
    return { parts, longestValues: parts.map(({ isMessage, value }) => (isMessage ? forValues - others : value)) };
  }
  const longest = commonLength(
    parts.map(({ value }) => value),
    forValues,
  );
  return { parts, longestValues: parts.map(() => longest) };
}

/** As many fields as have room for their names and a little of their values, the message before all others. */
function those(all: readonly Part[], room: number): Part[] {
  let left = room;
  const chosen = new Set<Part>();
  for (const part of all.toSorted((one, other) => Number(other.isMessage) - Number(one.isMessage))) {
    const least = part.frame + Math.min(part.value, shortestValue);
    if (least > left) continue;
    left -= least;
    chosen.add(part);
  }
  return all.filter((part) => chosen.has(part));
}

/** The greatest length to which all can be cut that are longer, so that together they have room. */
function commonLength(lengths: readonly number[], room: number): number {
  let left = room;
  let waiting = lengths.length;
  for (const length of lengths.toSorted((one, other) => one - other)) {
    const share = Math.floor(left / waiting);
    if (length > share) return share;
    left -= length;
    waiting--;
  }
  return Number.POSITIVE_INFINITY;
}

/** Cuts the value in `view` to so many bytes of JSON. */
function cut(view: FieldView, longest: number): void {
  const { bytes, start, equals, end } = view;
  if (escapedPrefixEnd(bytes, equals + 1, end, longest) === end) return;
  // The mark's own length depends on what is cut; it is no longer than if all were.
  const longestMark = markOf(end - equals - 1).length;
  const isMarked = longest >= longestMark;
  const kept = escapedPrefixEnd(bytes, equals + 1, end, isMarked ? longest - longestMark : longest);
  const mark = isMarked ? markOf(end - kept) : Buffer.alloc(0);
  view.bytes = Buffer.concat([bytes.subarray(start, kept), mark]);
  view.start = 0;
  view.equals = equals - start;
  view.end = view.bytes.length;
}

function markOf(missing: number): Buffer {
  return Buffer.from(`… [${missing} bytes more]`);
}

function sum(parts: readonly Part[], count: (part: Part) => number): number {
  return parts.reduce((total, part) => total + count(part), 0);
}
