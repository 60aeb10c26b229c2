import type { ServerResponse } from 'node:http';
import { realtimeText, watermarkDelay } from '@clusterlog/shared';
import type { Random } from '../fixtures/random.ts';

/** What a node's clock and network may do. Times in ms. */
export interface NodeBehaviour {
  /** Greatest offset of its clock from the beginning. */
  readonly skew: number;
  /** Whether its clock is stepped, forward and back. */
  readonly steps: boolean;
  /** Whether it falls silent, or its connections break. */
  readonly silence: boolean;
  /** Granularity of stamps, µs: a coarse one makes many equal. */
  readonly grain: number;
  /** Entries a second, about. */
  readonly rate: number;
}

export interface SimulatedEntry {
  readonly message: string;
  /** µs since 1970. */
  readonly realtime: number;
  readonly position: string;
}

interface Reader {
  readonly response: ServerResponse;
  readonly start: URLSearchParams;
  /** Index of the entry to send next; undefined until one is at or after where it starts. */
  next: number | undefined;
  toldAt: number;
}

const greatestStep = 3_000;
const longestSilence = 1_500;
const stepsASecond = 0.5;
const silencesASecond = 0.4;

/**
 * The journal of one simulated node in one world, and the follows that read it: in its own order, whatever its clock says.
 * It speaks the line stream as `packages/shared/src/v3/lines.ts` describes it.
 */
export class SimulatedJournal {
  readonly entries: SimulatedEntry[] = [];
  readonly #name: string;
  readonly #id: string;
  readonly #random: Random;
  readonly #behaviour: NodeBehaviour;
  readonly #readers = new Set<Reader>();
  #offset: number;
  #silentUntil = 0;

  constructor(name: string, random: Random, behaviour: NodeBehaviour) {
    this.#name = name;
    this.#id = random.hex(32);
    this.#random = random;
    this.#behaviour = behaviour;
    this.#offset = (2 * random.next() - 1) * behaviour.skew;
  }

  /** Takes a follow that has asked with these parameters. */
  follow(response: ServerResponse, start: URLSearchParams): void {
    const reader: Reader = { response, start, next: this.#indexOf(start), toldAt: 0 };
    this.#readers.add(reader);
    response.once('close', () => this.#readers.delete(reader));
  }

  /** Lets time pass: entries are written, clocks stepped, connections broken. */
  live(milliseconds: number): void {
    const { steps, silence, rate } = this.#behaviour;
    const happens = (aSecond: number): boolean => this.#random.next() < (aSecond * milliseconds) / 1_000;
    if (steps && happens(stepsASecond)) this.#offset += (2 * this.#random.next() - 1) * greatestStep;
    if (silence && happens(silencesASecond)) {
      this.#silentUntil = performance.now() + this.#random.next() * longestSilence;
      if (this.#random.next() < 0.5) for (const { response } of this.#readers) response.destroy();
    }
    let due = 2 * this.#random.next() * (rate / 1_000) * milliseconds;
    for (; this.#random.next() < due; due--) this.#write();
  }

  /** All is well with its network from now on. */
  recover(): void {
    this.#silentUntil = 0;
  }

  /** Sends what is new to whoever follows, and watermarks to those who have everything. */
  send(watermarks: number): void {
    const now = performance.now();
    if (now < this.#silentUntil) return;
    const clock = this.#clock();
    for (const reader of this.#readers) {
      reader.next ??= this.#indexOf(reader.start);
      const fresh = reader.next === undefined ? [] : this.entries.slice(reader.next);
      if (fresh.length > 0) {
        reader.next = this.entries.length;
        reader.toldAt = now;
        reader.response.write(fresh.map((entry) => this.#line(entry)).join(''));
      } else if (now - reader.toldAt >= watermarks) {
        reader.toldAt = now;
        const position = reader.next === undefined ? undefined : this.entries[reader.next - 1]?.position;
        reader.response.write(`W ${realtimeText(clock - watermarkDelay)} ${position ?? '-'}\n`);
      }
    }
  }

  #clock(): number {
    return Math.floor((performance.timeOrigin + performance.now() + this.#offset) * 1_000);
  }

  #write(): void {
    const { grain } = this.#behaviour;
    const number = this.entries.length;
    const realtime = Math.floor(this.#clock() / grain) * grain;
    const [i, t, x] = [number + 1, realtime, this.#random.below(2 ** 31)].map((value) => value.toString(16));
    const position = `s=${this.#id};i=${i};b=${this.#id};m=${i};t=${t};x=${x}`;
    this.entries.push({ message: `${this.#name} ${number}`, realtime, position });
  }

  #line({ message, realtime, position }: SimulatedEntry): string {
    const payload = JSON.stringify({ fields: { MESSAGE: message }, realtime_timestamp: realtime });
    return `E ${realtimeText(realtime)} ${position} - ${payload}\n`;
  }

  #indexOf(start: URLSearchParams): number | undefined {
    const seqnum = /;i=([0-9a-f]+);/.exec(start.get('cursor') ?? '')?.[1];
    if (seqnum !== undefined) return Number.parseInt(seqnum, 16);
    const from = Number(start.get('from') ?? 0);
    const found = this.entries.findIndex(({ realtime }) => realtime >= from);
    return found === -1 ? undefined : found;
  }
}
