import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Dispatcher, request } from 'undici';
import { directoryVariable } from './directory-variable.ts';

/** The services as their packages bring them: built, or from source. */
export type Run = 'dist' | 'source';

const root = new URL('../../', import.meta.url);
const READY_TIMEOUT_MS = 30_000;
const POLL_MS = 20;
/** Beyond it a service is killed; its own grace is shorter. */
const STOP_TIMEOUT_MS = 12_000;

export interface ServiceOptions {
  readonly package: 'node-agent' | 'gateway';
  readonly name: string;
  readonly run: Run;
  readonly arguments: readonly string[];
  /** What it is started with, such as a command that runs it in another network. Default: nothing. */
  readonly through?: readonly string[];
  /** How it is asked whether it is ready. Default: undici's own connections. */
  readonly dispatcher?: Dispatcher;
  /** Where it answers, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Its standard output and error go there. */
  readonly logFile: string;
  /** Directory of the whole cluster, removed by the service should this process be killed. */
  readonly directory: string;
}

/** One service of the dev cluster: a child process that ends with this one, however this one ends. */
export class ServiceProcess {
  readonly #options: ServiceOptions;
  #child: ChildProcess | undefined;

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  get url(): string {
    return this.#options.url;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts it and waits until `path` is answered with 200. May be called again once it has ended: the port is the same. */
  async start(path = '/health/ready'): Promise<void> {
    const { package: name, run, logFile, directory, through = [] } = this.#options;
    const log = openSync(logFile, 'a');
    const command = [process.execPath, ...importOption(), ...commandOf(name, run), ...this.#options.arguments];
    const [program = '', ...rest] = [...through, ...command];
    const child = spawn(program, rest, {
      stdio: ['ignore', log, log, 'ipc'],
      env: { ...process.env, [directoryVariable]: directory },
    });
    closeSync(log);
    this.#child = child;
    await this.ready(path);
  }

  /** Waits until `path` is answered with 200. @throws Error with the end of the service's log when it ends, or takes too long */
  async ready(path = '/health/ready'): Promise<void> {
    const child = this.#child;
    const { dispatcher } = this.#options;
    const until = performance.now() + READY_TIMEOUT_MS;
    let answer = 'nothing';
    for (;;) {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`${this.#options.name} ended at its start: ${this.#lastWords()}`);
      }
      try {
        const { statusCode, body } = await request(
          new URL(path, this.url),
          dispatcher === undefined ? {} : { dispatcher },
        );
        answer = `${statusCode} ${await body.text()}`;
        if (statusCode === 200) return;
      } catch (error) {
        answer = (error as Error).message;
      }
      if (performance.now() > until) {
        throw new Error(`${this.#options.name} is not ready after ${READY_TIMEOUT_MS / 1000} s: ${answer}`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Stops it as an operator would, and waits until it has ended. */
  async stop(): Promise<void> {
    const killer = setTimeout(() => this.#child?.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await this.kill('SIGTERM');
    clearTimeout(killer);
  }

  /** Sends a signal and waits until it has ended. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  /** What it has written so far. */
  log(): string {
    return readFileSync(this.#options.logFile, 'utf8');
  }

  /** The line of its log that says most likely why it ended. */
  #lastWords(): string {
    const lines = this.log().trimEnd().split('\n');
    return lines.findLast((line) => /^clusterlog-|Error\b/.test(line)) ?? (lines.at(-1) || 'it wrote nothing');
  }
}

/** The arguments for Node that run a service's command. */
export function commandOf(name: 'node-agent' | 'gateway', run: Run): string[] {
  const file = run === 'dist' ? `packages/${name}/dist/main.js` : `packages/${name}/src/main.ts`;
  return [...(run === 'source' ? ['--conditions=source'] : []), fileURLToPath(new URL(file, root))];
}

function importOption(): string[] {
  return ['--import', new URL('./end-with-parent.ts', import.meta.url).href];
}
