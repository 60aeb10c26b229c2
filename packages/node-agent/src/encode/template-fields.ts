import type { Entry, FieldView } from '../journal/entry.ts';
import type { EncodingCache } from './encoding-cache.ts';
import { type FieldsFormat, mostFieldsFormats, type NamedItem, type ValueFormat } from './fields-format.ts';
import { OutputBuffer } from './output-buffer.ts';
import { type Hole, hole, Template, type TemplateKey } from './template.ts';

/** Entries with more items are encoded the plain way. */
const mostItems = 512;
/** Templates of one hash: those of entries that agree in the constant items and differ in the names of the others. */
const longestChain = 8;

/** Odd, and one for each place, so that the order of items counts. */
const factors = Int32Array.from({ length: mostItems }, (_, index) => Math.imul(2 * index + 1, 0x9e37_79b1));

/** The items of the key under encoding: entries are encoded one after the other, whoever asked for them. */
const sharedItems = new Float64Array(mostItems);

/** The key of the entry under encoding: one object for all, since a key is looked up for each entry. */
interface OpenKey extends TemplateKey {
  domainNumber: number;
  count: number;
}

/**
 * The fields of entries by templates: of an entry like one seen before, only the items that differ are
 * read. Entries that fit no template get one of their own, kept the second time it is wanted.
 */
export class TemplateFields {
  readonly #cache: EncodingCache;
  readonly #withheld: ReadonlySet<string>;
  readonly #key: OpenKey;
  readonly #view: FieldView = { bytes: Buffer.alloc(0), start: 0, equals: 0, end: 0 };
  readonly #scratch = new OutputBuffer();
  readonly #format: FieldsFormat;

  constructor(format: FieldsFormat, cache: EncodingCache, withheld: ReadonlySet<string>) {
    this.#format = format;
    this.#cache = cache;
    this.#withheld = withheld;
    const variantNumber = cache.variantNumber(withheld, format.variant ?? '') * mostFieldsFormats + format.number;
    this.#key = { domainNumber: 0, variantNumber, items: sharedItems, count: 0 };
  }

  /** @returns false, with nothing appended, when the entry must be encoded the plain way */
  append(entry: Entry, output: OutputBuffer): boolean {
    const { domain } = entry;
    const key = this.#key;
    if (domain === undefined || entry.itemCount > mostItems) return false;
    const cache = this.#cache;
    cache.makeRoom();
    key.domainNumber = cache.domainNumber(domain);
    key.count = entry.itemCount;
    const hash = this.#readKey(entry);
    if (this.#find(entry, hash, output)) return true;
    // A value of a variable field that was met before looks constant: now the fields are asked for.
    const informedHash = this.#readInformedKey(entry);
    if (informedHash !== hash && this.#find(entry, informedHash, output)) return true;
    cache.variables.countEntry(true);
    const template = this.#build(entry);
    if (template === undefined || !template.append(entry, this.#view, output)) return false;
    if (cache.wantedBefore(informedHash)) this.#keep(informedHash, template);
    return true;
  }

  #find(entry: Entry, hash: number, output: OutputBuffer): boolean {
    let template = this.#cache.template(hash);
    while (template !== undefined) {
      if (template.fits(this.#key) && template.append(entry, this.#view, output)) {
        this.#cache.variables.countEntry(false);
        return true;
      }
      template = template.next;
    }
    return false;
  }

  #keep(hash: number, template: Template): void {
    const others = this.#cache.template(hash);
    let chain = 1;
    for (let other = others; other !== undefined; other = other.next) chain++;
    template.next = chain < longestChain ? others : undefined;
    this.#cache.keepTemplate(hash, template);
  }

  /** Fills in the key, with a hole for each item that came with the entry; returns its hash. */
  #readKey(entry: Entry): number {
    const { itemCount, itemIds, newItemsAbove } = entry;
    const { items, domainNumber, variantNumber } = this.#key;
    let hash = firstHash(domainNumber, variantNumber);
    for (let index = 0; index < itemCount; index++) {
      const id = itemIds[index] as number;
      const item = id <= newItemsAbove ? id : hole;
      items[index] = item;
      hash = addToHash(hash, item, index);
    }
    return mixed(hash);
  }

  /** Makes holes of the variable fields' items too. */
  #readInformedKey(entry: Entry): number {
    const cache = this.#cache;
    const { items, domainNumber, variantNumber, count } = this.#key;
    let hash = firstHash(domainNumber, variantNumber);
    for (let index = 0; index < count; index++) {
      const id = items[index] as number;
      if (id !== hole) {
        let field = cache.knownField(domainNumber, id);
        if (field === -1) field = cache.readField(entry, index, domainNumber, this.#view, true);
        if (field === -1 || cache.variables.has(field)) items[index] = hole;
      }
      hash = addToHash(hash, items[index] as number, index);
    }
    return mixed(hash);
  }

  /** Undefined when an item is damaged. */
  #build(entry: Entry): Template | undefined {
    const key = this.#key;
    const { names } = this.#cache;
    const items: NamedItem[] = [];
    const hidden = new Map<number, Hole>();
    for (let index = 0; index < key.count; index++) {
      const field = this.#fieldOf(entry, index);
      if (field === -1) return undefined;
      const name = names.bytesOf(field);
      const text = names.textOf(field);
      if (key.items[index] === hole) hidden.set(index, { item: index, name, at: -1, format: this.#format });
      if (!this.#withheld.has(text)) items.push({ index, name, text });
    }
    const scratch = this.#scratch;
    scratch.length = 0;
    const holes: Hole[] = [];
    let intact = true;
    this.#format.arrange(items, {
      bytes: (piece) => scratch.append(piece),
      value: ({ index, name }, format = this.#format) => {
        if (key.items[index] !== hole) {
          intact = this.#appendConstant(entry, index, format) && intact;
          return;
        }
        hidden.delete(index);
        holes.push({ item: index, name, at: scratch.length, format });
      },
    });
    return intact ? new Template(key, this.#takeScratch(), [...holes, ...hidden.values()]) : undefined;
  }

  #fieldOf(entry: Entry, index: number): number {
    const { items, domainNumber } = this.#key;
    const known = items[index] === hole ? -1 : this.#cache.knownField(domainNumber, items[index] as number);
    return known === -1 ? this.#cache.readField(entry, index, domainNumber, this.#view, false) : known;
  }

  #appendConstant(entry: Entry, index: number, format: ValueFormat): boolean {
    const { items, domainNumber } = this.#key;
    const id = items[index] as number;
    const scratch = this.#scratch;
    const kept = this.#cache.encodedValue(format.number, domainNumber, id);
    if (kept !== undefined) {
      scratch.append(kept);
      return true;
    }
    if (!entry.load(index, this.#view)) return false;
    const start = scratch.length;
    format.appendValue(scratch, this.#view);
    this.#cache.keepEncodedValue(format.number, domainNumber, id, copyOf(scratch.bytes, start, scratch.length));
    return true;
  }

  #takeScratch(): Buffer {
    const scratch = this.#scratch;
    const bytes = copyOf(scratch.bytes, 0, scratch.length);
    // Templates are seldom built once a request is under way: a follower must not hold memory for it.
    scratch.clear();
    return bytes;
  }
}

function firstHash(domainNumber: number, variantNumber: number): number {
  return Math.imul(domainNumber + 1, 0x9e37_79b1) ^ variantNumber;
}

/** A sum, not a chain of products: the products do not wait for one another. */
function addToHash(hash: number, item: number, index: number): number {
  return (hash + Math.imul(item | 0, factors[index] as number)) | 0;
}

/** Offsets are multiples of 8, and so are their sums: the upper bits tell entries apart in the lower ones, too. */
function mixed(hash: number): number {
  return hash ^ (hash >>> 15);
}

// Not from Node's shared pool: a small piece would keep the whole of a pool slab alive.
function copyOf(source: Buffer, start: number, end: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(end - start);
  source.copy(copy, 0, start, end);
  return copy;
}
