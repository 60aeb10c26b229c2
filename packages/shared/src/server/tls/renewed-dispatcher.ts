import { Dispatcher } from 'undici';
import type { TlsFiles } from './tls-files.ts';
import type { TlsTexts } from './tls-texts.ts';

/**
 * Connections made with what is in force: when it changes new requests get new connections. The old ones end as what is under
 * way on them does, and take nothing new.
 */
export class RenewedDispatcher extends Dispatcher {
  readonly #make: (texts: TlsTexts) => Dispatcher;
  readonly #forget: () => void;
  readonly #draining = new Set<Dispatcher>();
  #current: Dispatcher;

  /**
   * @param files undefined where only what Node trusts counts
   * @param make connections with these texts
   */
  constructor(files: TlsFiles | undefined, make: (texts: TlsTexts) => Dispatcher) {
    super();
    this.#make = make;
    this.#current = make(files?.current ?? {});
    this.#forget = files?.onChange((texts) => this.#renew(texts)) ?? (() => undefined);
  }

  /** How many older generations still have something under way. */
  get draining(): number {
    return this.#draining.size;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    return this.#current.dispatch(options, handler);
  }

  override close(): Promise<void>;
  override close(callback: () => void): void;
  override close(callback?: () => void): Promise<void> | void {
    const closed = this.#end((dispatcher) => dispatcher.close());
    if (callback === undefined) return closed;
    closed.then(callback, callback);
  }

  override destroy(): Promise<void>;
  override destroy(error: Error | null): Promise<void>;
  override destroy(callback: () => void): void;
  override destroy(error: Error | null, callback: () => void): void;
  override destroy(first?: Error | null | (() => void), second?: () => void): Promise<void> | void {
    const callback = typeof first === 'function' ? first : second;
    const error = typeof first === 'function' ? null : (first ?? null);
    const destroyed = this.#end((dispatcher) => dispatcher.destroy(error));
    if (callback === undefined) return destroyed;
    destroyed.then(callback, callback);
  }

  #renew(texts: TlsTexts): void {
    const old = this.#current;
    this.#current = this.#make(texts);
    this.#draining.add(old);
    const gone = (): void => void this.#draining.delete(old);
    old.close().then(gone, gone);
  }

  async #end(end: (dispatcher: Dispatcher) => Promise<void>): Promise<void> {
    this.#forget();
    await Promise.all([this.#current, ...this.#draining].map(end));
  }
}
