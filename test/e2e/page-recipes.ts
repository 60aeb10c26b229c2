import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** What a page of `docs/` gives to be copied: its fenced blocks of one language, under one heading. */
export function recipesOf(page: string, heading: string, language: string): string[] {
  const source = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8');
  const section = source.split(/^(?=## )/m).find((part) => part.startsWith(`## ${heading}\n`));
  if (section === undefined) throw new Error(`docs/${page} has no section ${heading}`);
  const found = [...section.matchAll(/^```(\w*)\n(.*?)^```$/gms)];
  return found.filter(([, kind]) => kind === language).map(([, , block = '']) => block);
}

/** A recipe in a shell, as its reader would run it: in the folder of the project's clone, or in a folder to work in. */
export class ShellRecipe {
  readonly #child: ChildProcess;
  /** What it has printed. */
  printed = '';
  complaints = '';

  /** @param recipe what stands in the page; run by bash, which ends with the first step of a pipe that fails */
  constructor(recipe: string, directory: string, variables: Readonly<Record<string, string>>) {
    this.#child = spawn('bash', ['-o', 'pipefail', '-c', recipe], {
      cwd: directory,
      detached: true,
      env: { PATH: process.env.PATH, LANG: 'C.UTF-8', ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      this.printed += chunk;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      this.complaints += chunk;
    });
  }

  /** Resolves when it has ended by itself. @throws Error when it has failed */
  async ended(): Promise<string> {
    const [code] = await once(this.#child, 'close');
    if (code !== 0) throw new Error(`the recipe ended with ${code}: ${this.complaints}`);
    return this.printed;
  }

  /** Ends every program of it at once. */
  async kill(signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): Promise<void> {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    const closed = once(this.#child, 'close');
    process.kill(-pid, signal);
    await closed;
  }
}

/** The standard output of a program. */
export async function outputOf(program: string, args: readonly string[]): Promise<string> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  return text(child.stdout);
}

/** The clone's own folder, where `examples/` lies. */
export const projectDirectory = fileURLToPath(new URL('../../', import.meta.url));
