import { CodedError } from '@clusterlog/shared';

export interface MergePlacesOptions {
  /** Answers from many nodes at once, of all callers. */
  readonly all: number;
  /** Of one caller. */
  readonly perCaller: number;
}

/** Bounds how many answers are put together from many nodes at once: each costs every node it asks a request. */
export class MergePlaces {
  readonly #options: MergePlacesOptions;
  readonly #ofCaller = new Map<string, number>();
  #taken = 0;

  constructor(options: MergePlacesOptions) {
    this.#options = options;
  }

  get taken(): number {
    return this.#taken;
  }

  /**
   * Takes a place.
   *
   * @returns how to give it back; safe to call more than once
   * @throws CodedError 429 or 503
   */
  take(uid: string): () => void {
    const { all, perCaller } = this.#options;
    const own = this.#ofCaller.get(uid) ?? 0;
    if (own >= perCaller) throw new CodedError('too-many-merges-of-caller', { limit: perCaller });
    if (this.#taken >= all) throw new CodedError('too-many-merges', {});
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
