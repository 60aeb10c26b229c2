import type { Entry, FieldView } from '../journal/entry.ts';
import type { EncodingCache } from './encoding-cache.ts';
import { OutputBuffer } from './output-buffer.ts';
import { appendMember, appendMemberName } from './plain-fields.ts';
import { type Hole, hole, Template, type TemplateKey } from './template.ts';

/** Entries with more items are encoded the plain way. */
const mostItems = 512;
/** Templates of one hash: those of entries that agree in the constant items and differ in the names of the others. */
const longestChain = 8;

/** The key of the entry under encoding: one object for all, since a key is looked up for each entry. */
interface OpenKey extends TemplateKey {
  domainNumber: number;
  count: number;
}

/**
 * The fields of entries as JSON objects, by templates: of an entry like one seen before, only the items that differ are
 * read. Entries that fit no template get one of their own, kept the second time it is wanted.
 */
export class TemplateFields {
  readonly #cache: EncodingCache;
  readonly #withheld: ReadonlySet<string>;
  readonly #key: OpenKey;
  readonly #view: FieldView = { bytes: Buffer.alloc(0), start: 0, equals: 0, end: 0 };
  readonly #scratch = new OutputBuffer();
  readonly #before: Buffer;
  readonly #after: Buffer;

  /**
   * @param before what precedes the first member, `after` what follows the last: they become part of the templates, so
   *   they must be the same for all users of a cache
   */
  constructor(cache: EncodingCache, withheld: ReadonlySet<string>, before: Buffer, after: Buffer) {
    this.#cache = cache;
    this.#withheld = withheld;
    this.#before = before;
    this.#after = after;
    const withheldNumber = cache.withheldNumber(withheld);
    this.#key = { domainNumber: 0, withheldNumber, items: new Float64Array(mostItems), count: 0 };
  }

  /** @returns false, with nothing appended, when the entry must be encoded the plain way */
  append(entry: Entry, output: OutputBuffer): boolean {
    const { domain } = entry;
    const key = this.#key;
    if (domain === undefined || entry.itemCount > mostItems || key.withheldNumber === -1) return false;
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
    const { items, domainNumber, withheldNumber } = this.#key;
    let hash = firstHash(domainNumber, withheldNumber);
    for (let index = 0; index < itemCount; index++) {
      const id = itemIds[index] as number;
      const item = id <= newItemsAbove ? id : hole;
      items[index] = item;
      hash = nextHash(hash, item);
    }
    return hash;
  }

  /** Makes holes of the variable fields' items too. */
  #readInformedKey(entry: Entry): number {
    const cache = this.#cache;
    const { items, domainNumber, withheldNumber, count } = this.#key;
    let hash = firstHash(domainNumber, withheldNumber);
    for (let index = 0; index < count; index++) {
      const id = items[index] as number;
      if (id !== hole) {
        let field = cache.knownField(domainNumber, id);
        if (field === -1) field = cache.readField(entry, index, domainNumber, this.#view, true);
        if (field === -1 || cache.variables.has(field)) items[index] = hole;
      }
      hash = nextHash(hash, items[index] as number);
    }
    return hash;
  }

  /** Undefined when an item is damaged. */
  #build(entry: Entry): Template | undefined {
    const key = this.#key;
    const shown = new Map<string, number>();
    const fields: number[] = [];
    for (let index = 0; index < key.count; index++) {
      const field = this.#fieldOf(entry, index);
      if (field === -1) return undefined;
      fields.push(field);
      const name = this.#cache.names.textOf(field);
      if (!this.#withheld.has(name)) shown.set(name, index);
    }
    const scratch = this.#scratch;
    scratch.length = 0;
    const holes: Hole[] = [];
    let separator: Buffer = this.#before;
    for (const [, index] of Array.from(shown).sort(([one], [other]) => (one < other ? -1 : 1))) {
      scratch.append(separator);
      separator = comma;
      if (key.items[index] !== hole) {
        if (!this.#appendConstant(entry, index)) return undefined;
        continue;
      }
      const name = this.#cache.names.bytesOf(fields[index] as number);
      appendMemberName(scratch, name, 0, name.length);
      holes.push({ item: index, name, at: scratch.length });
      scratch.append(quote);
    }
    if (shown.size === 0) scratch.append(this.#before);
    scratch.append(this.#after);
    for (const [index, field] of fields.entries()) {
      const name = this.#cache.names.textOf(field);
      if (key.items[index] === hole && shown.get(name) !== index) {
        holes.push({ item: index, name: this.#cache.names.bytesOf(field), at: -1 });
      }
    }
    return new Template(key, this.#takeScratch(), holes);
  }

  #fieldOf(entry: Entry, index: number): number {
    const { items, domainNumber } = this.#key;
    const known = items[index] === hole ? -1 : this.#cache.knownField(domainNumber, items[index] as number);
    return known === -1 ? this.#cache.readField(entry, index, domainNumber, this.#view, false) : known;
  }

  #appendConstant(entry: Entry, index: number): boolean {
    const { items, domainNumber } = this.#key;
    const id = items[index] as number;
    const scratch = this.#scratch;
    const kept = this.#cache.encodedField(domainNumber, id);
    if (kept !== undefined) {
      scratch.append(kept);
      return true;
    }
    if (!entry.load(index, this.#view)) return false;
    const start = scratch.length;
    appendMember(scratch, this.#view);
    this.#cache.keepEncodedField(domainNumber, id, copyOf(scratch.bytes, start, scratch.length));
    return true;
  }

  #takeScratch(): Buffer {
    const scratch = this.#scratch;
    const bytes = copyOf(scratch.bytes, 0, scratch.length);
    // One giant entry does not make every encoder hold its size for the rest of the request.
    if (scratch.isFull) scratch.clear();
    return bytes;
  }
}

function firstHash(domainNumber: number, withheldNumber: number): number {
  return Math.imul(domainNumber + 1, 0x9e37_79b1) ^ withheldNumber;
}

function nextHash(hash: number, item: number): number {
  const mixed = Math.imul(hash ^ (item | 0), 0x85eb_ca6b);
  return mixed ^ (mixed >>> 15);
}

const comma = Buffer.from(',');
const quote = Buffer.from('"');

// Not from Node's shared pool: a small piece would keep the whole of a pool slab alive.
function copyOf(source: Buffer, start: number, end: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(end - start);
  source.copy(copy, 0, start, end);
  return copy;
}
