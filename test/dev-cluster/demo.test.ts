import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { afterAll, afterEach, expect, test } from 'vitest';
import type { ClusterDescription } from './cluster.ts';

const TIMEOUT_MS = 90_000;

interface Demo {
  readonly child: ChildProcess;
  /** Everything printed so far. */
  output(): string;
  /** Resolves when `text` was printed. */
  printed(text: string | RegExp): Promise<string>;
  readonly ended: Promise<number | null>;
}

const demos: Demo[] = [];
const directory = mkdtempSync(join(tmpdir(), 'demo-test-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
afterEach(async () => {
  for (const { child, ended } of demos.splice(0)) {
    child.kill('SIGTERM');
    await ended;
  }
});

function startDemo(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Demo {
  const program = fileURLToPath(new URL('demo.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=source', program, '--source', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  const demo: Demo = {
    child,
    ended,
    output: () => output,
    async printed(text) {
      while (output.search(text) < 0) {
        if (child.exitCode !== null) throw new Error(`the demo ended without printing ${text}:\n${output}`);
        await Promise.race([once(child.stdout ?? child, 'data'), ended]);
      }
      return output;
    },
  };
  demos.push(demo);
  return demo;
}

function clusterDirectory(output: string): string {
  return /removes (\S+)/.exec(output)?.[1] ?? '';
}

async function answers(url: string): Promise<boolean> {
  try {
    const { body } = await request(`${url}/health/live`);
    await body.dump();
    return true;
  } catch {
    return false;
  }
}

/** Runs a printed line in a shell of its own; a follow is ended after two seconds. */
function shell(line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('sh', ['-c', line], { timeout: 2_000 }, (error, stdout) => {
      if (error === null || error.killed === true) resolve(stdout);
      else reject(error);
    });
  });
}

async function expectNothingLeft({ gateway, agents }: ClusterDescription, left: string): Promise<void> {
  for (const url of [gateway, ...agents.map((agent) => agent.url)]) {
    await expect.poll(() => answers(url), { timeout: 10_000 }).toBe(false);
  }
  await expect.poll(() => existsSync(left), { timeout: 10_000 }).toBe(false);
}

test(
  'it says at once what it does, prints curl lines that work, stands beside another, and leaves nothing',
  async () => {
    const began = performance.now();
    const readyFile = join(directory, 'first.json');
    const first = startDemo(['--ready-file', readyFile]);
    await first.printed(/Clusterlog demo/);
    expect(performance.now() - began).toBeLessThan(4_000);
    const output = await first.printed(/Ctrl-C/);

    const lines = output.split('\n').filter((line) => line.startsWith('  curl '));
    expect(lines).toHaveLength(8);
    for (const line of lines) {
      const answer = await shell(line);
      if (line.includes('application/json'))
        expect(JSON.parse(answer.split('\n')[0] ?? '')).toHaveProperty('fields.MESSAGE');
      else expect(answer).toMatch(/^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[:.]/);
    }

    await expect.poll(() => existsSync(readyFile)).toBe(true);
    const description: ClusterDescription = JSON.parse(readFileSync(readyFile, 'utf8'));
    expect(output).toContain(description.token);
    expect(output).toContain(`${description.gateway}/logs/`);
    expect(description.agents).toHaveLength(3);
    const states = description.tasks.map(({ state }) => state);
    expect(new Set(states)).toEqual(new Set(['TASK_RUNNING', 'TASK_FINISHED', 'TASK_FAILED']));

    const secondFile = join(directory, 'second.json');
    const second = startDemo(['--ready-file', secondFile]);
    await second.printed(/Ctrl-C/);
    await expect.poll(() => existsSync(secondFile)).toBe(true);
    const beside: ClusterDescription = JSON.parse(readFileSync(secondFile, 'utf8'));
    expect(await answers(description.gateway)).toBe(true);
    expect(await answers(beside.gateway)).toBe(true);
    expect(second.output()).toContain(`${beside.gateway} (busy: `);

    second.child.kill('SIGINT');
    expect(await second.ended).toBe(0);
    await expectNothingLeft(beside, clusterDirectory(second.output()));

    first.child.kill('SIGKILL');
    await first.ended;
    await expectNothingLeft(description, clusterDirectory(output));
  },
  TIMEOUT_MS,
);

test(
  'stopped half-way, it ends and leaves nothing',
  async () => {
    const temporary = mkdtempSync(join(directory, 'temporary-'));
    const demo = startDemo([], { TMPDIR: temporary });
    await demo.printed(/Nodes/);
    demo.child.kill('SIGINT');
    expect(await demo.ended).toBe(0);
    await expect.poll(() => readdirSync(temporary), { timeout: 10_000 }).toEqual([]);
  },
  TIMEOUT_MS,
);

test('a failure ends with one line that says what to do', async () => {
  const demo = startDemo([], { TMPDIR: '/nonexistent' });
  expect(await demo.ended).toBe(1);
  expect(demo.output()).toMatch(
    /The demo could not start: .*mkdtemp.*\. Set TMPDIR to a directory you may write to\.\n$/,
  );
});
