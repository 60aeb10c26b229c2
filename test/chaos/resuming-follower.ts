import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { createParser } from 'eventsource-parser';
import { Agent, request } from 'undici';
import type { Random } from '../fixtures/random.ts';
import type { FollowKind } from './follow-kinds.ts';
import { parseNumbered } from './numbered-lines.ts';
import { Received } from './received.ts';
import type { Server } from './server.ts';

/** How a follower behaves. */
export interface Temper {
  /** After so long without a byte it goes elsewhere, in ms. */
  readonly patience: number;
  /** How long it takes a rest again and again, in ms; 0 for never. */
  readonly rest: number;
}

/** An answer that was no stream. */
export interface Refusal {
  readonly status: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly gateway: string;
  readonly text: string;
}

/** Something told beside entries. */
export interface Told {
  readonly at: number;
  readonly event: string;
  readonly agent?: string;
  readonly reason?: string;
  readonly state?: string;
}

/** How long one that rests reads in between, in ms. */
const reading = 100;
const leastWait = 100;
const moreWait = 500;
/** Of events kept, at most. */
const mostTold = 20_000;

/** A client that comes back with its last id, at another gateway when its own is gone, for as long as the run lasts. */
export class ResumingFollower {
  readonly kind: FollowKind;
  readonly temper: Temper;
  readonly received = new Map<string, Received>();
  readonly refusals: Refusal[] = [];
  readonly told: Told[] = [];
  /** Pieces that are neither entries nor events. */
  readonly unreadable: string[] = [];
  connections = 0;
  entries = 0;
  /** Since when its present connection answers, in ms since 1970. */
  connectedSince: number | undefined;
  readonly #connected: { readonly gateway: number; readonly from: number; readonly to: number }[] = [];
  /** Number of the gateway that it asks. */
  at: number;
  readonly #gateways: readonly Server[];
  readonly #token: string;
  readonly #random: Random;
  readonly #closed = new AbortController();
  readonly #client: Agent;
  #cut = new AbortController();
  #restUntil = 0;
  #lastId: string | undefined;
  #running: Promise<void> | undefined;

  constructor(
    kind: FollowKind,
    temper: Temper,
    of: { readonly gateways: readonly Server[]; readonly token: string; readonly random: Random },
  ) {
    this.kind = kind;
    this.temper = temper;
    this.#gateways = of.gateways;
    this.#token = of.token;
    this.#random = of.random;
    this.at = of.random.below(of.gateways.length);
    const { patience } = temper;
    this.#client = new Agent({ connect: { timeout: 2_000 }, headersTimeout: patience, bodyTimeout: patience });
  }

  /** Number of the gateway that it was connected with all that time; undefined when it was not with any. */
  gatewayThroughout(from: number, to: number): number | undefined {
    if (this.connectedSince !== undefined && this.connectedSince <= from) return this.at;
    return this.#connected.find((one) => one.from <= from && one.to >= to)?.gateway;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Its connection breaks, as when a laptop is closed. */
  cut(): void {
    this.#cut.abort();
  }

  /** It takes nothing for so long. */
  stall(milliseconds: number): void {
    this.#restUntil = Date.now() + milliseconds;
  }

  async close(): Promise<void> {
    this.#closed.abort();
    this.#cut.abort();
    await this.#running;
    await this.#client.close();
  }

  async #run(): Promise<void> {
    while (!this.#closed.signal.aborted) {
      this.#cut = new AbortController();
      const failed = await this.#follow().then(
        (refused) => refused,
        () => true,
      );
      if (this.connectedSince !== undefined) {
        this.#connected.push({ gateway: this.at, from: this.connectedSince, to: Date.now() });
      }
      this.connectedSince = undefined;
      // It was ended in order, or cut: its own gateway may still be there, and may not.
      if (failed || this.#random.next() < 0.5) this.at = (this.at + 1) % this.#gateways.length;
      const wait = leastWait + this.#random.below(moreWait);
      await sleep(wait, undefined, { signal: this.#closed.signal }).catch(() => undefined);
    }
  }

  /** @returns whether it was refused */
  async #follow(): Promise<boolean> {
    const gateway = this.#gateways[this.at];
    if (gateway === undefined) throw new Error(`there is no gateway ${this.at}`);
    const { path, format, resume } = this.kind;
    const url = new URL(path, gateway.service.url);
    const headers: Record<string, string> = {
      accept: format === 'sse' ? 'text/event-stream' : 'application/x-ndjson',
      authorization: `token=${this.#token}`,
    };
    if (this.#lastId !== undefined && resume === 'header') headers['last-event-id'] = this.#lastId;
    if (this.#lastId !== undefined && resume === 'cursor') url.searchParams.set('cursor', this.#lastId);
    this.connections++;
    const { statusCode, body } = await request(url, { headers, dispatcher: this.#client, signal: this.#cut.signal });
    if (statusCode !== 200) {
      const text = (await body.text()).slice(0, 300);
      this.refusals.push({ status: statusCode, at: Date.now(), gateway: gateway.name, text });
      return true;
    }
    this.connectedSince = Date.now();
    await this.#read(body);
    return false;
  }

  async #read(body: Readable): Promise<void> {
    const take = this.kind.format === 'sse' ? this.#eventReader() : this.#lineReader();
    let restsAt = Date.now() + reading;
    body.on('data', (chunk: Buffer) => {
      try {
        take(chunk);
      } catch (error) {
        this.unreadable.push(`${(error as Error).message}: ${chunk.toString().slice(0, 200)}`);
        body.destroy(error as Error);
      }
      const now = Date.now();
      const rest = Math.max(now < restsAt ? 0 : this.temper.rest, this.#restUntil - now);
      if (rest <= 0) return;
      restsAt = now + rest + reading;
      body.pause();
      setTimeout(() => body.resume(), rest);
    });
    await once(body, 'end');
  }

  #eventReader(): (chunk: Buffer) => void {
    const text = new TextDecoder();
    const parser = createParser({
      onEvent: ({ id, event, data }) => {
        if (event === undefined) this.#takeEntry(JSON.parse(data));
        else this.#tell(JSON.parse(data));
        if (id !== undefined) this.#lastId = id;
      },
    });
    return (chunk) => parser.feed(text.decode(chunk, { stream: true }));
  }

  /** A line without its end is none: the connection broke within it. */
  #lineReader(): (chunk: Buffer) => void {
    const text = new TextDecoder();
    let begun = '';
    return (chunk) => {
      const lines = (begun + text.decode(chunk, { stream: true })).split('\n');
      begun = lines.pop() ?? '';
      for (const line of lines) {
        const value = JSON.parse(line) as { cursor?: string; event?: string };
        if (value.event === undefined) this.#takeEntry(value as { fields: { MESSAGE?: string } });
        else this.#tell(value as Omit<Told, 'at'>);
        if (value.cursor !== undefined) this.#lastId = value.cursor;
      }
    };
  }

  #takeEntry({ fields }: { readonly fields: { readonly MESSAGE?: string } }): void {
    const line = parseNumbered(fields.MESSAGE ?? '');
    const name = line?.name ?? `other: ${(fields.MESSAGE ?? '').slice(0, 60)}`;
    let received = this.received.get(name);
    if (received === undefined) {
      received = new Received();
      this.received.set(name, received);
    }
    received.take(line?.serial ?? received.last + 1);
    this.entries++;
  }

  #tell({ event, agent, reason, state }: Omit<Told, 'at'>): void {
    if (event === 'checkpoint' || this.told.length >= mostTold) return;
    const facts = { ...(agent && { agent }), ...(reason && { reason }), ...(state && { state }) };
    this.told.push({ at: Date.now(), event, ...facts });
  }
}
