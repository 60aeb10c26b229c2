import type { Server } from './server.ts';

interface Sample {
  /** Milliseconds of performance.now(). */
  readonly at: number;
  /** Resident memory, MiB. */
  readonly memory: number;
  /** Open ones that are not journal files. */
  readonly descriptors: number;
  readonly journals: number;
}

/** One process of a server, from a start to its end. */
interface Life {
  readonly pid: number;
  readonly samples: Sample[];
}

/** What the longest life of a server used, once warm. */
export interface Use {
  readonly server: string;
  /** How many processes it has been. */
  readonly lives: number;
  readonly minutes: number;
  readonly memory: Spread;
  /** Without those of journal files. */
  readonly descriptors: Spread;
  readonly journals: Spread;
}

export interface Spread {
  readonly least: number;
  readonly median: number;
  readonly most: number;
  /** Medians of its quarters: what grows goes on growing, what warms up does not. */
  readonly quarters: readonly number[];
  /** Of the straight line through all samples, an hour. */
  readonly slope: number;
}

/** Of a life, so much is warming up: at most this long, in ms, and at most a third. */
const warmUp = 120_000;

/** Memory and descriptors of servers, sampled while they run. */
export class ProcessRecord {
  readonly #servers: readonly Server[];
  readonly #lives = new Map<string, Life[]>();
  readonly #timer: NodeJS.Timeout;

  constructor(servers: readonly Server[], every: number) {
    this.#servers = servers;
    this.#timer = setInterval(() => this.#sample(), every);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  uses(): Use[] {
    return this.#servers.flatMap(({ name }) => {
      const lives = this.#lives.get(name) ?? [];
      const duration = ({ samples }: Life) => (samples.at(-1)?.at ?? 0) - (samples[0]?.at ?? 0);
      const longest = lives.toSorted((one, other) => duration(other) - duration(one))[0];
      if (longest === undefined || longest.samples.length < 3) return [];
      const begin = (longest.samples[0]?.at ?? 0) + Math.min(warmUp, duration(longest) / 3);
      const warm = longest.samples.filter(({ at }) => at >= begin);
      return {
        server: name,
        lives: lives.length,
        minutes: duration(longest) / 60_000,
        memory: spreadOf(warm.map(({ at, memory }) => [at, memory])),
        descriptors: spreadOf(warm.map(({ at, descriptors }) => [at, descriptors])),
        journals: spreadOf(warm.map(({ at, journals }) => [at, journals])),
      };
    });
  }

  #sample(): void {
    for (const server of this.#servers) {
      const { pid } = server;
      if (pid === undefined) continue;
      const lives = this.#lives.get(server.name) ?? [];
      this.#lives.set(server.name, lives);
      if (lives.at(-1)?.pid !== pid) lives.push({ pid, samples: [] });
      try {
        const { journals, others } = server.descriptors();
        const memory = server.memory();
        if (memory > 0) lives.at(-1)?.samples.push({ at: performance.now(), memory, descriptors: others, journals });
      } catch {
        // It ended while it was looked at.
      }
    }
  }
}

function spreadOf(points: readonly (readonly [at: number, value: number])[]): Spread {
  const values = points.map(([, value]) => value).sort((one, other) => one - other);
  const meanOf = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
  const hours = points.map(([at]) => at / 3_600_000);
  const middle = meanOf(hours);
  const mean = meanOf(values);
  const shared = points.reduce((sum, [at, value]) => sum + (at / 3_600_000 - middle) * (value - mean), 0);
  const spread = hours.reduce((sum, hour) => sum + (hour - middle) ** 2, 0);
  return {
    least: values[0] ?? 0,
    median: values[Math.floor(values.length / 2)] ?? 0,
    most: values.at(-1) ?? 0,
    quarters: [0, 1, 2, 3].map((quarter) => {
      const [from, to] = [quarter, quarter + 1].map((at) => Math.floor((at * points.length) / 4));
      const part = points.slice(from, to).map(([, value]) => value);
      return part.sort((one, other) => one - other)[Math.floor(part.length / 2)] ?? 0;
    }),
    slope: spread === 0 ? 0 : shared / spread,
  };
}
