import type { Entry, FieldView } from '@clusterlog/node-agent/journal/entry';
import type { Intactness } from './intactness.ts';
import type { SoundEntry, SoundJournal } from './sound-journal.ts';
import { demand } from './violation.ts';

const view: FieldView = { bytes: Buffer.alloc(0), start: 0, equals: 0, end: 0 };

/** What one reading of a damaged journal delivered. */
export class Delivery {
  readonly offsets: number[] = [];
  /** Items of sound entries that were not delivered. */
  lostItems = 0;
  readonly #what: string;
  readonly #journal: SoundJournal;
  readonly #intact: Intactness;
  readonly #most: number;
  readonly #field: string | undefined;

  /**
   * @param what the reading, for messages
   * @param field a `FIELD=value` that every entry must have
   */
  constructor(what: string, journal: SoundJournal, intact: Intactness, fileSize: number, field?: string) {
    this.#what = what;
    this.#journal = journal;
    this.#intact = intact;
    // An ENTRY object has 64 bytes at least.
    this.#most = fileSize / 64;
    this.#field = field;
  }

  /**
   * Checks an entry: as it was, but for fields that are damaged themselves.
   *
   * @param withFields false where another reading has checked the fields
   */
  take(entry: Entry & { readonly offset: number }, withFields = true): void {
    this.offsets.push(entry.offset);
    demand(this.offsets.length <= this.#most, () => `${this.#what}: more entries than the file has room for`);
    const sound = this.#journal.byOffset.get(entry.offset);
    const isSound = sound !== undefined && this.#intact.layout && this.#intact.entry(sound);
    if (isSound) this.#compare(entry, sound);
    if (withFields) this.#checkFields(entry, isSound ? sound : undefined);
  }

  /** Checks that every entry the file still leads to has come, and each once. */
  finish(isWanted: (entry: SoundEntry) => boolean = () => true): void {
    const came = new Set(this.offsets);
    demand(came.size === this.offsets.length, () => `${this.#what}: an entry came twice`);
    for (const entry of this.#journal.entries) {
      if (came.has(entry.offset) || !isWanted(entry) || !this.#intact.isReachable(entry)) continue;
      demand(false, () => `${this.#what}: intact entry ${entry.offset} (${entry.cursor}) is missing`);
    }
  }

  #compare(entry: Entry, sound: SoundEntry): void {
    const same =
      entry.seqnum === sound.seqnum &&
      entry.realtime === sound.realtime &&
      entry.monotonic === sound.monotonic &&
      entry.bootId === sound.bootId &&
      entry.xorHashHigh === sound.xorHashHigh &&
      entry.xorHashLow === sound.xorHashLow;
    demand(same, () => `${this.#what}: entry ${sound.offset} (${sound.cursor}) came as another`);
    const { items } = sound;
    let sameItems = entry.itemCount === items.length;
    for (let index = 0; index < items.length; index++) sameItems &&= items[index] === entry.itemIds[index];
    demand(sameItems, () => `${this.#what}: entry ${sound.offset} came with other items`);
  }

  #checkFields(entry: Entry & { readonly offset: number }, sound: SoundEntry | undefined): void {
    let hasField = this.#field === undefined;
    for (let index = 0; index < entry.itemCount; index++) {
      const loaded = entry.load(index, view);
      const { bytes, start, equals, end } = view;
      if (loaded && !(start < equals && equals < end && end <= bytes.length)) {
        demand(false, () => `${this.#what}: a field ends early`);
      }
      hasField ||= loaded && bytes.toString('latin1', start, end) === this.#field;
      if (sound === undefined) continue;
      if (!loaded) this.lostItems += 1;
      const wanted = sound.payloads[index] as Buffer;
      if (loaded && wanted.compare(bytes, start, end) === 0) continue;
      demand(
        !this.#intact.payload(sound, index),
        () => `${this.#what}: entry ${entry.offset}, item ${index}: an intact field is missing or changed`,
      );
    }
    demand(hasField, () => `${this.#what}: entry ${entry.offset} does not have ${this.#field}`);
  }
}
