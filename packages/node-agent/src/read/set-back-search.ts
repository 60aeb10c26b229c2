/** What is looked at of an entry. Times in µs, as journald has them. */
export interface StampedEntry {
  readonly realtime: number;
  readonly monotonic: number;
  readonly bootId: string;
}

/** The running boot, and its CLOCK_MONOTONIC in µs. */
export interface BootTime {
  readonly bootId: string;
  readonly monotonic: number;
}

/** Up to where a reader has read whom no entry names. Times in µs. */
export interface TimeReached {
  /** All entries were read that had been written until then with lesser realtimes; the clock had shown this realtime. */
  readonly from: number;
  /** How long that is ago, about. */
  readonly age: number;
}

/** What was written since with a lesser realtime, by a clock that was set back. */
export interface SetBack<Place> {
  /** The first entry that is certain to be new: it and all behind it. */
  readonly begin: Place | undefined;
  /** Least realtime of what may be new or may not; undefined when there is nothing of the kind. */
  readonly uncertain: number | undefined;
}

/** How far off {@link TimeReached.age} may be, in µs: it is told by the clocks of two gateways, and lines take their time. */
const tolerance = 2_000_000;
/** How far apart the clocks of gateways are, as a rule, in µs. */
const gatewaysApart = 50_000;
/** How much a clock may lag without being set: by what it is read apart, and by what NTP slows it (adjtimex(2): 500 ppm, twice). */
const [reading, slowing] = [1_000, 1 / 1_000];
/** Entries that are looked at in vain before it is given up. */
const most = 50_000;

/**
 * Finds what a clock that was set back hides from whoever goes on at a realtime: what was written since then lies before the
 * first entry that is not older. Entries are looked at backward from that place. Realtimes of a journal go back for other
 * reasons, too; this one shows in the monotonic time that passed between two neighbours: by it, the clock should have shown
 * about that realtime or a later one, and shows an earlier one. When that was, the monotonic time of the running boot tells;
 * of another boot it tells only when it was at the latest. A clock that was set twice between two entries shows in that it is
 * behind what the reader has known of it, as far as clocks of gateways agree: then nothing is certain.
 */
export class SetBackSearch<Place> {
  readonly #reached: TimeReached;
  readonly #now: BootTime;
  /** The entry behind the one that is looked at. */
  #next: (StampedEntry & { readonly place: Place | undefined }) | undefined;
  /** Greatest monotonic time seen of the boot that is looked at. */
  #bootEnd: number | undefined;
  /** The first entry known to have been written since; what lies behind it was, too. */
  #firstNew: Place | undefined;
  /** Least realtime of the entries looked at. */
  #least = Number.POSITIVE_INFINITY;
  #begin: Place | undefined;
  #uncertain: number | undefined;
  #count = 0;

  /** @param next the first entry with a realtime that is not less; undefined when there is none */
  constructor(reached: TimeReached, now: BootTime, next: StampedEntry | undefined) {
    this.#reached = reached;
    this.#now = now;
    if (next === undefined) return;
    this.#next = { ...stampOf(next), place: undefined };
    this.#bootEnd = next.monotonic;
  }

  /**
   * Looks at the entry before the last.
   *
   * @param place where it stands
   * @returns whether the one before it has to be looked at, too
   */
  take(entry: StampedEntry, place: Place): boolean {
    const next = this.#next;
    if (next !== undefined && this.#isSetBackBetween(entry, next)) this.#note(next);
    if (next?.bootId !== entry.bootId) this.#bootEnd = entry.monotonic;
    this.#least = Math.min(this.#least, entry.realtime);
    const here = { ...stampOf(entry), place };
    this.#next = here;
    if (this.#isSurelyNew(here)) this.#firstNew = here.place;
    if (this.#isBehindThen(here)) this.#note(here, true);
    this.#count++;
    return this.#mayBeNew(here) && this.#count < most;
  }

  /** @param isWhole the journal begins with what was looked at last */
  found(isWhole: boolean): SetBack<Place> {
    const next = this.#next;
    const isOpen = next !== undefined && next.realtime < this.#reached.from && this.#mayBeNew(next);
    // What would show it is there no more, or too far.
    if (isOpen && (this.#count >= most || (isWhole && next.bootId !== this.#now.bootId))) this.#note(next, true);
    return { begin: this.#begin, uncertain: this.#uncertain };
  }

  #isSetBackBetween(entry: StampedEntry, next: StampedEntry): boolean {
    const { from } = this.#reached;
    if (next.realtime >= from) return false;
    if (next.bootId !== entry.bootId) return true;
    const passed = next.monotonic - entry.monotonic;
    const expected = entry.realtime + passed;
    return expected >= from - tolerance && expected - next.realtime > reading + passed * slowing;
  }

  /** Whether the clock was behind what it showed when the reader had read so far, whatever its neighbours say. */
  #isBehindThen({ realtime, monotonic, bootId }: StampedEntry): boolean {
    const { from, age } = this.#reached;
    const passed = this.#now.monotonic - age - monotonic;
    return bootId === this.#now.bootId && realtime < from && realtime + passed + gatewaysApart < from;
  }

  /** The clock was set back just before this entry, unless that is uncertain. */
  #note(entry: StampedEntry & { readonly place: Place | undefined }, isUncertain = false): void {
    if (!this.#mayBeNew(entry)) return;
    if (!isUncertain && this.#isSurelyNew(entry)) {
      this.#begin = entry.place;
      this.#uncertain = undefined;
    } else {
      this.#begin = isUncertain ? this.#begin : this.#firstNew;
      this.#uncertain = this.#least;
    }
  }

  #isSurelyNew({ bootId, monotonic }: StampedEntry): boolean {
    return bootId === this.#now.bootId && this.#now.monotonic - monotonic < this.#reached.age - tolerance;
  }

  #mayBeNew(entry: StampedEntry): boolean {
    return this.#leastAge(entry) <= this.#reached.age + tolerance;
  }

  /** What was written in another boot was there before this one began. */
  #leastAge({ bootId, monotonic }: StampedEntry): number {
    if (bootId === this.#now.bootId) return this.#now.monotonic - monotonic;
    return this.#now.monotonic + (this.#bootEnd ?? monotonic) - monotonic;
  }
}

function stampOf({ realtime, monotonic, bootId }: StampedEntry): StampedEntry {
  return { realtime, monotonic, bootId };
}
