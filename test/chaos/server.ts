import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { request } from 'undici';
import type { ServiceProcess } from '../dev-cluster/service-process.ts';
import type { SteppedClock } from './stepped-clock.ts';

/** What /health/ready says. */
export interface Health {
  /** `no answer` when nothing came within two seconds. */
  readonly status: 'ready' | 'degraded' | 'not-ready' | 'no answer';
  /** Names of the checks that found something. */
  readonly found: readonly string[];
}

const healthPatience = 2_000;

/** A node agent or a gateway: what may be done to it, and what the operating system says of it. */
export class Server {
  readonly name: string;
  readonly service: ServiceProcess;
  readonly clock: SteppedClock;
  /** We have ended it, or are starting it. */
  down = true;

  constructor(name: string, service: ServiceProcess, clock: SteppedClock) {
    this.name = name;
    this.service = service;
    this.clock = clock;
  }

  /** Its process, while it is there. */
  get pid(): number | undefined {
    const { pid } = this.service;
    return pid !== undefined && existsSync(`/proc/${pid}/fd`) ? pid : undefined;
  }

  /** It ended, and not by us. */
  get crashed(): boolean {
    return !this.down && this.pid === undefined;
  }

  /** @throws Error when it ends, or is not ready after two minutes: six start at once, on a machine that may have other work */
  async start(path = '/health/ready'): Promise<void> {
    let started = this.service.start(path);
    for (let more = 3; more > 0; more--) {
      started = started.catch((error: Error) => {
        if (this.pid === undefined) throw error;
        return this.service.ready(path);
      });
    }
    await started;
    this.down = false;
  }

  async kill(): Promise<void> {
    this.down = true;
    await this.service.kill('SIGKILL');
  }

  /** As systemd stops it. */
  async stop(): Promise<void> {
    this.down = true;
    await this.service.stop();
  }

  freeze(): void {
    this.#signal('SIGSTOP');
  }

  thaw(): void {
    this.#signal('SIGCONT');
  }

  /** Takes away every file descriptor that it does not use; returns what gives them back. */
  exhaustDescriptors(): () => void {
    const pid = this.#running();
    const limits = execFileSync('prlimit', ['--pid', pid, '--nofile', '--output', 'SOFT', '--noheadings', '--raw']);
    const soft = limits.toString().trim();
    // The soft limit alone: the hard one could not be raised again by everyone.
    execFileSync('prlimit', ['--pid', pid, `--nofile=${this.#lowestFreeDescriptor()}:`]);
    return () => {
      if (this.pid === Number(pid)) execFileSync('prlimit', ['--pid', pid, `--nofile=${soft}:`]);
    };
  }

  /** How many descriptors it has open: of journal files, and others. */
  descriptors(): { readonly journals: number; readonly others: number } {
    const directory = `/proc/${this.#running()}/fd`;
    const targets = readdirSync(directory).map((descriptor) => {
      try {
        return readlinkSync(`${directory}/${descriptor}`);
      } catch {
        // Closed since the directory was read.
        return undefined;
      }
    });
    const open = targets.filter((target) => target !== undefined);
    const journals = open.filter((target) => /\.journal~?( \(deleted\))?$/.test(target)).length;
    return { journals, others: open.length - journals };
  }

  /** Resident memory, in MiB. */
  memory(): number {
    const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.#running()}/status`, 'utf8'))?.[1];
    return Number(kibibytes ?? 0) / 1024;
  }

  async health(): Promise<Health> {
    try {
      const { body } = await request(new URL('/health/ready', this.service.url), {
        signal: AbortSignal.timeout(healthPatience),
      });
      const { status, checks } = (await body.json()) as {
        status: Health['status'];
        checks: { check: string; state: string }[];
      };
      return { status, found: checks.filter(({ state }) => state !== 'ok').map(({ check }) => check) };
    } catch {
      return { status: 'no answer', found: [] };
    }
  }

  /** The limit is on numbers, and the lowest free one is given next. */
  #lowestFreeDescriptor(): number {
    const open = new Set(readdirSync(`/proc/${this.#running()}/fd`));
    let number = 0;
    while (open.has(String(number))) number++;
    return number;
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this;
    if (pid !== undefined) process.kill(pid, signal);
  }

  #running(): string {
    const { pid } = this;
    if (pid === undefined) throw new Error(`expected ${this.name} to run`);
    return String(pid);
  }
}
