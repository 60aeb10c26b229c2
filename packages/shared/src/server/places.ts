import type { CodedError } from '@clusterlog/shared';

export interface PlacesOptions {
  /** Places for all callers together. */
  readonly all: number;
  /** Places for one caller. Default: all of them. */
  readonly perCaller?: number;
  /** What to answer when none is left. */
  readonly whenFull: (limit: number) => CodedError;
  /** What to answer when the caller has all that are his. Default: as when none is left. */
  readonly whenCallerHasAll?: (limit: number) => CodedError;
}

/** Bounds how much of one kind is done at once: follows, scans, answers from many nodes. */
export class Places {
  readonly #options: PlacesOptions;
  readonly #ofCaller = new Map<string, number>();
  #taken = 0;

  constructor(options: PlacesOptions) {
    this.#options = options;
  }

  get taken(): number {
    return this.#taken;
  }

  get all(): number {
    return this.#options.all;
  }

  /**
   * Takes a place.
   *
   * @param uid the caller; empty where nobody is told from anybody
   * @returns how to give it back; safe to call more than once
   * @throws CodedError as the options say
   */
  take(uid = ''): () => void {
    const { all, perCaller = all, whenFull, whenCallerHasAll = whenFull } = this.#options;
    const own = this.#ofCaller.get(uid) ?? 0;
    if (own >= perCaller) throw whenCallerHasAll(perCaller);
    if (this.#taken >= all) throw whenFull(all);
    this.#taken++;
    this.#ofCaller.set(uid, own + 1);
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.#taken--;
      const left = (this.#ofCaller.get(uid) ?? 1) - 1;
      if (left === 0) this.#ofCaller.delete(uid);
      else this.#ofCaller.set(uid, left);
    };
  }
}
