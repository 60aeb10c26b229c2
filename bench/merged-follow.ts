import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DevCluster } from '@clusterlog/test/dev-cluster/cluster';
import { Latencies } from './latencies.ts';
import type { ProcessMeter } from './process-meter.ts';

export interface FollowResult {
  readonly name: string;
  readonly written: number;
  readonly lost: number;
  readonly late: number;
  readonly ratePerSecond: number;
  /** From the stamp to the follower, in ms. */
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
  /** Of one processor. */
  readonly cpuShare: number;
  /** Bytes. */
  readonly peakRss: number;
}

/** `AAA NNNNNNNN` at the beginning of each message: the agent's number and the entry's, within its agent from 0 on. */
const messageStart = Buffer.from('"MESSAGE":"');
const realtimeStart = Buffer.from('"realtime_timestamp":');
const realtimeDigits = 16;
const entryStart = Buffer.from('{"fields"');
const lateMark = Buffer.from(',"late":true,"source":');
const lineFeed = 0x0a;
/** How long it is waited for the rest once all is written, in ms. */
const patience = 10_000;

/** The follower of the whole cluster: counts what comes, and how long it took. */
export class MergedFollow {
  readonly #response: IncomingMessage;
  readonly #meter: ProcessMeter;
  readonly #cpuBefore: number;
  readonly #delays: number[] = [];
  readonly #next: number[] = [];
  readonly #wrong: string[] = [];
  #late = 0;
  #rest: Buffer = Buffer.alloc(0);

  private constructor(response: IncomingMessage, meter: ProcessMeter) {
    this.#response = response;
    this.#meter = meter;
    this.#cpuBefore = meter.cpuSeconds;
    response.on('data', (chunk: Buffer) => this.#take(chunk));
    response.on('error', () => undefined);
  }

  static async open(cluster: DevCluster, meter: ProcessMeter): Promise<MergedFollow> {
    const headers = { accept: 'application/x-ndjson', authorization: `token=${cluster.token}` };
    const asked = get(`${cluster.gateway.url}/system/v1/logs/v3/follow?tail=0`, { agent: false, headers });
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    if (response.statusCode !== 200) throw new Error(`the follow was answered ${response.statusCode}, expected 200`);
    return new MergedFollow(response, meter);
  }

  /**
   * Waits for the rest of what was written, and ends the follow.
   *
   * @param written by all agents
   * @param seconds that took
   */
  async finish(name: string, written: number, seconds: number): Promise<FollowResult> {
    for (let waited = 0; this.#delays.length < written && waited < patience; waited += 50) await sleep(50);
    const cpuSeconds = this.#meter.cpuSeconds - this.#cpuBefore;
    this.#response.destroy();
    if (this.#wrong.length > 0) throw new Error(`${this.#wrong.length} entries out of turn, as ${this.#wrong[0]}`);
    const latencies = new Latencies(this.#delays);
    return {
      name,
      written,
      lost: written - this.#delays.length,
      late: this.#late,
      ratePerSecond: written / seconds,
      p50: latencies.at(0.5),
      p99: latencies.at(0.99),
      most: latencies.at(1),
      cpuShare: cpuSeconds / seconds,
      peakRss: this.#meter.peakRss,
    };
  }

  #take(chunk: Buffer): void {
    const now = performance.timeOrigin + performance.now();
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let from = 0;
    for (let end = bytes.indexOf(lineFeed); end !== -1; end = bytes.indexOf(lineFeed, from)) {
      this.#takeLine(bytes.subarray(from, end), now);
      from = end + 1;
    }
    this.#rest = bytes.subarray(from);
  }

  #takeLine(line: Buffer, now: number): void {
    if (!line.subarray(0, entryStart.length).equals(entryStart)) return;
    const message = line.indexOf(messageStart) + messageStart.length;
    const [agent = Number.NaN, number] = line
      .toString('latin1', message, message + 12)
      .split(' ')
      .map(Number);
    const expected = this.#next[agent] ?? 0;
    if (number !== expected) this.#wrong.push(`entry ${number} of agent ${agent} instead of ${expected}`);
    this.#next[agent] = (number ?? expected) + 1;
    const realtime = line.indexOf(realtimeStart) + realtimeStart.length;
    this.#delays.push(now - Number(line.toString('latin1', realtime, realtime + realtimeDigits)) / 1_000);
    if (line.indexOf(lateMark) !== -1) this.#late++;
  }
}
