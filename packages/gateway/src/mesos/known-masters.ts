/** How many announced masters are kept; a quorum has three to seven. */
const MAX_ANNOUNCED = 32;

/**
 * The masters that may be asked, and be shown our credential: those given by `--mesos-master`, and those that one of
 * them has announced as the leader. A redirect alone announces nobody: a proxy in between can send one too.
 */
export class KnownMasters {
  readonly #given: readonly string[];
  readonly #origins: ReadonlySet<string>;
  readonly #announced = new Set<string>();
  #leader: string | undefined;

  /** @throws Error when a URL is not one of http or https. */
  constructor(urls: readonly string[]) {
    for (const url of urls) {
      if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
        throw new Error(`expected the URL of a Mesos master such as http://10.0.0.1:5050, found ${url}`);
      }
    }
    if (urls.length === 0) throw new Error('expected at least one URL of a Mesos master, found none');
    this.#given = urls;
    this.#origins = new Set(urls.map((url) => new URL(url).origin));
  }

  /** Whom to ask, in order: who led last, then those given, then those announced. */
  candidates(): string[] {
    return [...new Set([...(this.#leader === undefined ? [] : [this.#leader]), ...this.#given, ...this.#announced])];
  }

  isKnown(origin: string): boolean {
    return this.#origins.has(origin) || this.#announced.has(origin);
  }

  announce(origin: string): void {
    this.#announced.delete(origin);
    this.#announced.add(origin);
    for (const oldest of this.#announced) {
      if (this.#announced.size <= MAX_ANNOUNCED) break;
      this.#announced.delete(oldest);
    }
  }

  leads(base: string): void {
    this.#leader = base;
  }
}
