import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import type { KeySource } from './key-source.ts';

interface Log {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}

/** When the sources are asked again without cause, in milliseconds. */
export interface KeyRefresh {
  /** Default: a minute. */
  readonly period: number;
  /** While one of them fails. Default: 5 s, so that what is said of it does not outlive it for long. */
  readonly whileFailing: number;
}

const ordinaryRefresh: KeyRefresh = { period: 60_000, whileFailing: 5_000 };
/** At most so often are they asked again because a token names an unknown key, in milliseconds: anyone can send such tokens. */
const unknownKeyMilliseconds = 500;

/**
 * The gateways' public keys out of several sources. A source that fails keeps the keys it gave before: an agent goes on
 * answering while a gateway restarts.
 */
export class GatewayKeys {
  readonly #sources: readonly KeySource[];
  readonly #log: Log;
  readonly #keysOf = new Map<KeySource, JSONWebKeySet['keys']>();
  readonly #failures = new Map<KeySource, string>();
  readonly #refresh: KeyRefresh;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #keys: JWTVerifyGetKey = createLocalJWKSet({ keys: [] });
  #loading: Promise<void> | undefined;
  #loadedAt = Number.NEGATIVE_INFINITY;

  constructor(sources: readonly KeySource[], log: Log, refresh: KeyRefresh = ordinaryRefresh) {
    this.#sources = sources;
    this.#log = log;
    this.#refresh = refresh;
    this.#loadLater();
  }

  /** Asks every source that may have changed. Never rejects: failures are logged and shown by {@link failures}. */
  load(): Promise<void> {
    this.#loading ??= this.#loadAll().finally(() => {
      this.#loading = undefined;
      this.#loadedAt = performance.now();
      this.#loadLater();
    });
    return this.#loading;
  }

  /** Finds the key a token names, for `jwtVerify`; asks the sources again when none of them had it. */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    try {
      return await this.#keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || performance.now() - this.#loadedAt < unknownKeyMilliseconds)
        throw error;
      await this.load();
      return this.#keys(header, token);
    }
  };

  /** Another value whenever {@link find} may find other keys. */
  get version(): unknown {
    return this.#keys;
  }

  /** How many keys are known. */
  get count(): number {
    return this.#distinctKeys().length;
  }

  /** The sources that failed when last asked, with the reason. */
  get failures(): readonly { source: string; reason: string }[] {
    return [...this.#failures].map(([source, reason]) => ({ source: source.name, reason }));
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #loadLater(): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    const { period, whileFailing } = this.#refresh;
    this.#timer = setTimeout(() => void this.load(), this.#failures.size > 0 ? whileFailing : period).unref();
  }

  async #loadAll(): Promise<void> {
    await Promise.all(this.#sources.filter((source) => source.mayHaveChanged()).map((source) => this.#loadOne(source)));
    this.#keys = createLocalJWKSet({ keys: this.#distinctKeys() });
  }

  /** Gateways may share a signing key; given twice, jose would not know which of the two a token means. */
  #distinctKeys(): JSONWebKeySet['keys'] {
    const keys = [...this.#keysOf.values()].flat();
    return [...new Map(keys.map((key) => [JSON.stringify([key.kid, key.x]), key])).values()];
  }

  async #loadOne(source: KeySource): Promise<void> {
    try {
      const { keys } = await source.load();
      // Only the kind the gateway signs with: a source cannot bring in a weaker one.
      this.#keysOf.set(source, keys.filter(({ kty }) => kty === 'OKP') as JSONWebKeySet['keys']);
      if (this.#failures.delete(source)) this.#log.info({ source: source.name }, 'gateway keys can be read again');
    } catch (error) {
      const reason = reasonOf(error);
      if (this.#failures.get(source) !== reason)
        this.#log.warn({ source: source.name, reason }, 'gateway keys cannot be read');
      this.#failures.set(source, reason);
    }
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
