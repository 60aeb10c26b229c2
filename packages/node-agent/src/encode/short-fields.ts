import type { Entry, FieldView, ItemDomain } from '../journal/entry.ts';
import type { EncoderOptions } from './encoder.ts';
import type { EncodingCache } from './encoding-cache.ts';

const shown = {
  MESSAGE: 'message',
  _HOSTNAME: 'hostname',
  SYSLOG_IDENTIFIER: 'identifier',
  _COMM: 'command',
  _PID: 'pid',
  SYSLOG_PID: 'syslogPid',
  _SOURCE_REALTIME_TIMESTAMP: 'source',
} as const;
type Shown = (typeof shown)[keyof typeof shown];

/** A field's bytes, kept from one entry to the next: many entries share a host and a program. */
interface KeptField {
  readonly view: FieldView;
  /** The item the bytes are of; undefined when no other entry has it. */
  domain: ItemDomain | undefined;
  id: number;
  present: boolean;
}

/** Times from here on are not taken for times: 2^55 µs, as systemd has it. */
const latestRealtime = 2 ** 55;

/** Finds the few fields of an entry that `journalctl -o short` shows; of a repeated one the last. */
export class ShortFields {
  readonly #cache: EncodingCache;
  readonly #withheld: ReadonlySet<string>;
  readonly #view: FieldView = { bytes: Buffer.alloc(0), start: 0, equals: 0, end: 0 };
  readonly #fields: Readonly<Record<Shown, KeptField>> = {
    message: emptyField(),
    hostname: emptyField(),
    identifier: emptyField(),
    command: emptyField(),
    pid: emptyField(),
    syslogPid: emptyField(),
    source: emptyField(),
  };
  readonly #all = Object.values(this.#fields);

  constructor(options: EncoderOptions) {
    this.#cache = options.cache;
    this.#withheld = options.withheld ?? new Set();
  }

  get message(): FieldView | undefined {
    return present(this.#fields.message);
  }

  get hostname(): FieldView | undefined {
    return present(this.#fields.hostname);
  }

  /** `SYSLOG_IDENTIFIER`. */
  get identifier(): FieldView | undefined {
    return present(this.#fields.identifier);
  }

  /** `_COMM`. */
  get command(): FieldView | undefined {
    return present(this.#fields.command);
  }

  get pid(): FieldView | undefined {
    return present(this.#fields.pid);
  }

  get syslogPid(): FieldView | undefined {
    return present(this.#fields.syslogPid);
  }

  /** When the writer says that it wrote the entry, µs since 1970. */
  get sourceRealtime(): number | undefined {
    const source = present(this.#fields.source);
    if (source === undefined) return undefined;
    const { bytes, equals, end } = source;
    let time = 0;
    for (let index = equals + 1; index < end; index++) {
      const digit = (bytes[index] as number) - 0x30;
      if (digit < 0 || digit > 9) return undefined;
      time = time * 10 + digit;
    }
    return time > 0 && time < latestRealtime ? time : undefined;
  }

  read(entry: Entry): void {
    const { domain, itemIds, newItemsAbove } = entry;
    const cache = this.#cache;
    const view = this.#view;
    cache.makeRoom();
    const domainNumber = domain === undefined ? -1 : cache.domainNumber(domain);
    for (const field of this.#all) field.present = false;
    for (let index = 0; index < entry.itemCount; index++) {
      const id = itemIds[index] as number;
      const lasting = domainNumber !== -1 && id <= newItemsAbove;
      const number = lasting ? cache.knownField(domainNumber, id) : -1;
      if (number !== -1) {
        const known = this.#fieldOf(cache.names.textOf(number));
        if (known === undefined) continue;
        if (known.domain === domain && known.id === id) {
          known.present = true;
          continue;
        }
      }
      const field = this.#load(entry, index, domainNumber, lasting && number === -1);
      if (field === undefined) continue;
      keep(field, view);
      field.present = true;
      field.domain = lasting ? domain : undefined;
      field.id = id;
    }
  }

  /** Reads an item into the view. Undefined when it is damaged or of a field that is not shown. */
  #load(entry: Entry, index: number, domainNumber: number, lasting: boolean): KeptField | undefined {
    const cache = this.#cache;
    const view = this.#view;
    const number = cache.readField(entry, index, domainNumber, view, lasting);
    if (number !== -1) return this.#fieldOf(cache.names.textOf(number));
    // Damaged, or there are too many names for one more number.
    return entry.load(index, view) ? this.#fieldOf(view.bytes.toString('latin1', view.start, view.equals)) : undefined;
  }

  #fieldOf(name: string): KeptField | undefined {
    const key = Object.hasOwn(shown, name) ? shown[name as keyof typeof shown] : undefined;
    return key === undefined || this.#withheld.has(name) ? undefined : this.#fields[key];
  }
}

function emptyField(): KeptField {
  return {
    view: { bytes: Buffer.alloc(64), start: 0, equals: 0, end: 0 },
    domain: undefined,
    id: -1,
    present: false,
  };
}

function present({ present, view }: KeptField): FieldView | undefined {
  return present ? view : undefined;
}

/** The reader's bytes hold only until the next item is read. */
function keep({ view }: KeptField, { bytes, start, equals, end }: FieldView): void {
  const length = end - start;
  if (length > view.bytes.length || (view.bytes.length > 65_536 && length < 4096)) {
    view.bytes = Buffer.allocUnsafeSlow(Math.max(256, length));
  }
  bytes.copy(view.bytes, 0, start, end);
  view.equals = equals - start;
  view.end = length;
}
