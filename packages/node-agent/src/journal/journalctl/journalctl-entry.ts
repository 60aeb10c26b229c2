import { parseCursor } from '@clusterlog/shared';
import type { Entry, FieldView } from '../entry.ts';

/** A field of an entry, `NAME=value` in one buffer. */
interface Item {
  readonly bytes: Buffer;
  readonly equals: number;
}

const noIds = new Float64Array(0);

/** An entry as `journalctl -o json` prints it. Unlike the native reader's it is an object of its own and may be kept. */
export class JournalctlEntry implements Entry {
  readonly realtime: number;
  readonly monotonic: number;
  readonly seqnum: number;
  readonly seqnumId: string;
  readonly bootId: string;
  readonly xorHashHigh: number;
  readonly xorHashLow: number;
  readonly itemIds = noIds;
  readonly newItemsAbove = 0;
  readonly domain = undefined;
  /** The cursor as journalctl printed it. */
  readonly cursor: string;
  /** The values of each field. */
  readonly fields: ReadonlyMap<string, readonly Buffer[]>;
  readonly #items: readonly Item[];

  /** @throws SyntaxError when the line is not what journalctl prints */
  constructor(line: string) {
    const printed = Object(JSON.parse(line)) as Record<string, unknown>;
    const text = printed.__CURSOR;
    const cursor = typeof text === 'string' ? parseCursor(text) : undefined;
    if (typeof text !== 'string' || cursor === undefined)
      throw new SyntaxError('an entry of journalctl has no __CURSOR');
    this.cursor = text;
    this.realtime = Number(cursor.realtime);
    this.monotonic = Number(cursor.monotonic);
    this.seqnum = Number(cursor.seqnum);
    this.seqnumId = cursor.seqnumId;
    this.bootId = cursor.bootId;
    this.xorHashHigh = Number(cursor.xorHash >> 32n);
    this.xorHashLow = Number(cursor.xorHash & 0xffff_ffffn);

    const fields = new Map<string, readonly Buffer[]>();
    for (const [name, value] of Object.entries(printed)) {
      // Two underscores mark the entry's address, which is no field.
      if (!name.startsWith('__')) fields.set(name, valuesOf(value));
    }
    this.fields = fields;
    this.#items = [...fields].flatMap(([name, values]) => values.map((value) => itemOf(name, value)));
  }

  get itemCount(): number {
    return this.#items.length;
  }

  load(index: number, view: FieldView): boolean {
    const item = this.#items[index];
    if (item === undefined) return false;
    view.bytes = item.bytes;
    view.start = 0;
    view.equals = item.equals;
    view.end = item.bytes.length;
    return true;
  }
}

/** Text is a string, other bytes an array of numbers, several values an array of those; null is a value left out. */
function valuesOf(value: unknown): Buffer[] {
  if (typeof value === 'string') return [Buffer.from(value)];
  if (!Array.isArray(value)) return [];
  if (value.length > 0 && value.every((byte) => typeof byte === 'number')) return [Buffer.from(value as number[])];
  return value.flatMap(valuesOf);
}

function itemOf(name: string, value: Buffer): Item {
  return { bytes: Buffer.concat([Buffer.from(`${name}=`), value]), equals: Buffer.byteLength(name) };
}
