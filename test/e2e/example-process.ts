import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A consumer of `examples/`, run as its reader would run it. */
export class ExampleProcess {
  readonly #command: readonly string[];
  readonly #environment: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;
  /** What it has said on standard error. */
  said = '';

  /**
   * @param script path below `examples/`
   * @param more of its environment
   */
  constructor(script: string, args: readonly string[], token: string, more: Readonly<Record<string, string>> = {}) {
    const path = fileURLToPath(new URL(`../../examples/${script}`, import.meta.url));
    this.#command = [path.endsWith('.py') ? 'python3' : process.execPath, path, ...args];
    this.#environment = { TOKEN: token, ...more };
  }

  start(): void {
    const [program = '', ...args] = this.#command;
    const child = spawn(program, args, {
      env: { PATH: process.env.PATH, ...this.#environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.on('data', (chunk) => {
      this.said += chunk;
    });
    this.#child = child;
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }
}
