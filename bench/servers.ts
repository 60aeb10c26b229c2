import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProcessMeter } from './process-meter.ts';

/** A server under measurement, in a process of its own. */
export interface Server {
  /** Such as `http://127.0.0.1:4711`. */
  readonly origin: string;
  readonly meter: ProcessMeter;
  stop(): Promise<void>;
}

/** The node agent over a journal directory, open to everyone on loopback, gatewayd's interface included. */
export async function startAgent(directory: string): Promise<Server> {
  const port = await freePort();
  const main = join(import.meta.dirname, '..', 'packages', 'node-agent', 'dist', 'main.js');
  const flags = [
    '--listen',
    `127.0.0.1:${port}`,
    '--journal',
    directory,
    '--insecure-open',
    '--gatewayd',
    '--agent-id',
    'bench-S0',
  ];
  const quiet = ['--log-level', 'error', '--metrics-listen', '127.0.0.1:0'];
  return start(process.execPath, [main, ...flags, ...quiet], port, '/health/ready');
}

/**
 * systemd-journal-gatewayd over a journal directory. It listens at a port of ours only when it is handed the socket, which
 * systemd-socket-activate does before it becomes gatewayd.
 */
export async function startGatewayd(directory: string): Promise<Server> {
  const port = await freePort();
  const gatewayd = ['/lib/systemd/systemd-journal-gatewayd', `--directory=${directory}`];
  return start('systemd-socket-activate', ['--listen', `127.0.0.1:${port}`, ...gatewayd], port, '/machine');
}

async function start(program: string, args: readonly string[], port: number, readyPath: string): Promise<Server> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const stop = async (): Promise<void> => {
    process.off('exit', kill);
    await end(child);
  };
  const origin = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + 20_000;
  while (!(await answers(`${origin}${readyPath}`))) {
    if (child.exitCode !== null) throw new Error(`${program} exited with ${child.exitCode}: ${complaints.trim()}`);
    if (Date.now() > deadline) {
      await stop();
      throw new Error(`${program} does not answer ${origin}${readyPath}: ${complaints.trim()}`);
    }
    await sleep(50);
  }
  return { origin, meter: new ProcessMeter(child.pid ?? 0), stop };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  const patience = setTimeout(() => child.kill('SIGKILL'), 5000);
  await exit;
  clearTimeout(patience);
}

function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    get(url, { agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).on('error', () => resolve(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
