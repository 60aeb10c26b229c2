import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** To the process of the clients. */
export type Asked =
  /** `heads`: of each request, without Host and Accept. */
  | { readonly kind: 'open'; readonly port: number; readonly heads: readonly string[] }
  /** To tell when `count` pieces with `mark` have come. */
  | { readonly kind: 'expect'; readonly mark: string; readonly count: number }
  | { readonly kind: 'leave' };

/** From it. */
export type Told =
  | { readonly kind: 'open'; readonly count: number }
  /** In ms since 1970. */
  | { readonly kind: 'came'; readonly times: number[] }
  | { readonly kind: 'failed'; readonly message: string };

/** Many followers in a process of their own, so that their work is not the measuring one's. */
export class IdleClients {
  readonly #process: ChildProcess = fork(join(import.meta.dirname, 'idle-clients.ts'));

  async open(port: number, heads: readonly string[]): Promise<void> {
    const opened = this.#told('open');
    this.#ask({ kind: 'open', port, heads });
    await opened;
  }

  /** When each of `count` followers has got a line with `mark`, in ms since 1970. Asked before the line is written. */
  expect(mark: string, count: number): Promise<number[]> {
    const came = this.#told('came').then((told) => (told.kind === 'came' ? told.times : []));
    this.#ask({ kind: 'expect', mark, count });
    return came;
  }

  /** All leave at once. */
  leave(): void {
    this.#ask({ kind: 'leave' });
  }

  close(): void {
    if (this.#process.connected) this.#process.disconnect();
  }

  async #told(kind: Told['kind']): Promise<Told> {
    const [told] = (await once(this.#process, 'message')) as [Told];
    if (told.kind === 'failed') throw new Error(told.message);
    if (told.kind !== kind) throw new Error(`the clients told ${told.kind}, expected ${kind}`);
    return told;
  }

  #ask(asked: Asked): void {
    this.#process.send(asked);
  }
}
