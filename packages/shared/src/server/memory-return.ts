import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';

/** So many requests have to have been open at once that their memory is worth giving back: some 50 MiB. */
const worthwhile = 1_000;
/** Of those a tenth at most may be left: the fewer objects are in use, the shorter the collection holds up others. */
const leftOf = 10;
/** Who was cut together comes back together: it is waited for so long, in ms. */
const delay = 10_000;

/**
 * Gives memory back to the system once nearly all of very many followers have left. V8 collects when objects are made, which nobody does
 * then, and keeps the pages that it has emptied: a process that once had ten thousand followers would keep half a GiB.
 */
export class MemoryReturn {
  readonly #collect: () => void;
  #open = 0;
  #most = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param collect default: a collection that empties as many pages as it can; some 50 ms */
  constructor(collect: () => void = collectAll) {
    this.#collect = collect;
  }

  /** A request is open from now on. */
  opened(): void {
    this.#open++;
    if (this.#open > this.#most) this.#most = this.#open;
  }

  /** One is no more. */
  closed(): void {
    this.#open--;
    if (this.#isWorthwhile) this.#timer ??= setTimeout(() => this.#return(), delay).unref();
  }

  get #isWorthwhile(): boolean {
    return this.#most >= worthwhile && this.#open * leftOf <= this.#most;
  }

  #return(): void {
    this.#timer = undefined;
    if (!this.#isWorthwhile) return;
    this.#most = this.#open;
    this.#collect();
  }
}

/** Gives memory back when nearly all of very many requests that a server had open have ended. */
export const memoryReturn = fastifyPlugin(
  async (app: FastifyInstance) => {
    const memory = new MemoryReturn();
    const closed = (): void => memory.closed();
    app.addHook('onRequest', (_request, reply, done) => {
      memory.opened();
      reply.raw.once('close', closed);
      done();
    });
  },
  { name: 'memory-return', fastify: '5.x' },
);

function collectAll(): void {
  // The way to it in a process that is running; no other context sees it.
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options: object) => void;
  setFlagsFromString('--no-expose-gc');
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
