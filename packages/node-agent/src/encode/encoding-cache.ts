import type { Entry, FieldView, ItemDomain } from '../journal/entry.ts';
import { FieldNames, maximumFieldNames } from './field-names.ts';
import { mostFieldsFormats } from './fields-format.ts';
import { Generations } from './generations.ts';
import { ItemFields } from './item-fields.ts';
import type { Template } from './template.ts';
import { VariableFields } from './variable-fields.ts';

export interface EncodingCacheOptions {
  /**
   * Bytes of templates and encoded values that may be kept. Default: 16 MiB, some 10,000 templates: a template is kept for
   * each task, stream and priority on the node. Tables of another 1 MiB are always there.
   */
  readonly bytes?: number;
}

/** The number of the field `MESSAGE`. */
export const messageField = 0;

const keysRemembered = 1 << 13;
/** Values of items further into a file than this are not kept. journald's files are 4 GB at most. */
const domainStep = 2 ** 37;
const mostDomains = 2 ** 12;
/** Variants remembered. Callers choose the fields they are shown, so there may be any number. */
const mostVariants = 256;

/**
 * What encoding one entry taught for the next ones: which item is of which field, which fields vary, encoded values, and
 * templates. One for the whole process; of bounded size whatever the journal holds.
 */
export class EncodingCache {
  readonly #kept: Generations<Template | Buffer>;
  readonly #keysSeen = new Int32Array(keysRemembered);
  #names = new FieldNames();
  #items = new ItemFields();
  #variables = new VariableFields(maximumFieldNames);
  #domains = new WeakMap<ItemDomain, number>();
  #domainCount = 0;
  #lastDomain: ItemDomain | undefined;
  #lastDomainNumber = 0;
  readonly #variants = new Map<string, number>();
  #variantCount = 0;

  constructor(options: EncodingCacheOptions = {}) {
    this.#kept = new Generations(options.bytes ?? 16 * 1024 * 1024, (value) => value.length);
    this.#introduceMessage();
  }

  /** Bytes of templates and encoded values held now. */
  get bytes(): number {
    return this.#kept.bytes;
  }

  get names(): FieldNames {
    return this.#names;
  }

  get variables(): VariableFields {
    return this.#variables;
  }

  /** Starts over when no number is left for a new field. Between two entries only: numbers do not outlive it. */
  makeRoom(): void {
    if (this.#names.size === maximumFieldNames || this.#domainCount === mostDomains) this.#startOver();
  }

  domainNumber(domain: ItemDomain): number {
    if (domain === this.#lastDomain) return this.#lastDomainNumber;
    let number = this.#domains.get(domain);
    if (number === undefined) {
      number = this.#domainCount++;
      this.#domains.set(domain, number);
    }
    this.#lastDomain = domain;
    this.#lastDomainNumber = number;
    return number;
  }

  /**
   * A number for a set of withheld fields and a way to arrange the others: templates differ by it. One that was not asked
   * for lately gets another number the next time; no number is given to two.
   */
  variantNumber(withheld: ReadonlySet<string>, arrangement: string): number {
    const text = `${Array.from(withheld).sort().join(' ')}/${arrangement}`;
    const number = this.#variants.get(text) ?? this.#variantCount++;
    this.#variants.delete(text);
    this.#variants.set(text, number);
    const [oldest] = this.#variants.keys();
    if (this.#variants.size > mostVariants && oldest !== undefined) this.#variants.delete(oldest);
    return number;
  }

  /** The field of an item met before; -1 when it has to be read. */
  knownField(domainNumber: number, id: number): number {
    return this.#items.get(domainNumber, id);
  }

  /**
   * The field of an item, which is read into `view`; -1 when it is damaged or its name cannot have a number.
   *
   * @param lasting whether other entries may have the item too, so that it pays to remember it
   */
  readField(entry: Entry, index: number, domainNumber: number, view: FieldView, lasting: boolean): number {
    if (!entry.load(index, view)) return -1;
    const before = this.#names.size;
    const field = this.#names.numberOf(view.bytes, view.start, view.equals);
    if (field === -1) return -1;
    if (field === before) this.#variables.introduce(field, this.#names.textOf(field));
    if (lasting) {
      this.#items.set(domainNumber, entry.itemIds[index] as number, field);
      this.#variables.countValue(field);
    }
    return field;
  }

  /** Whether a template with this key was wanted lately. The second wish is worth keeping one. */
  wantedBefore(hash: number): boolean {
    const slot = hash & (keysRemembered - 1);
    if (this.#keysSeen[slot] === hash) return true;
    this.#keysSeen[slot] = hash;
    return false;
  }

  template(hash: number): Template | undefined {
    return this.#kept.get(hash) as Template | undefined;
  }

  keepTemplate(hash: number, template: Template): void {
    this.#kept.set(hash, template);
  }

  /** The value of an item in a format, if it was kept. */
  encodedValue(format: number, domainNumber: number, id: number): Buffer | undefined {
    return id < domainStep ? (this.#kept.get(valueKey(format, domainNumber, id)) as Buffer | undefined) : undefined;
  }

  keepEncodedValue(format: number, domainNumber: number, id: number, encoded: Buffer): void {
    if (id < domainStep) this.#kept.set(valueKey(format, domainNumber, id), encoded);
  }

  #startOver(): void {
    this.#kept.clear();
    this.#keysSeen.fill(0);
    this.#names = new FieldNames();
    this.#items = new ItemFields();
    this.#variables = new VariableFields(maximumFieldNames);
    this.#domains = new WeakMap();
    this.#domainCount = 0;
    this.#lastDomain = undefined;
    this.#introduceMessage();
  }

  #introduceMessage(): void {
    const name = Buffer.from('MESSAGE');
    this.#variables.introduce(this.#names.numberOf(name, 0, name.length), 'MESSAGE');
  }
}

// Templates have 32-bit keys, so these are above all of them.
function valueKey(format: number, domainNumber: number, id: number): number {
  return ((domainNumber + 1) * mostFieldsFormats + format) * domainStep + id;
}
