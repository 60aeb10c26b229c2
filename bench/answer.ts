import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { ProcessMeter } from './process-meter.ts';

/** An answer read to its end. */
export interface Answer {
  readonly bytes: number;
  /** Line ends in it; 0 when they were not to be counted. */
  readonly lines: number;
}

/** What one run took. */
export interface Run extends Answer {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Bytes; for a server, since it started. */
  readonly peakRss: number;
}

/** Requests `url` and reads the whole answer; the CPU time is the server's. */
export async function timeRequest(
  url: string,
  accept: string,
  meter: ProcessMeter,
  countLines: boolean,
  headers: Record<string, string> = {},
): Promise<Run> {
  const cpuBefore = meter.cpuSeconds;
  const start = performance.now();
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url, { agent: false, headers: { accept, ...headers } }, resolve).on('error', reject);
  });
  if (response.statusCode !== 200) throw new Error(`${url} answered ${response.statusCode}, expected 200`);
  const answer = await consume(response, countLines);
  if (!response.complete) throw new Error(`${url} was cut off after ${answer.bytes} bytes`);
  const seconds = (performance.now() - start) / 1000;
  return { ...answer, seconds, cpuSeconds: meter.cpuSeconds - cpuBefore, peakRss: meter.peakRss };
}

/** The same by curl, which reads at little cost: for answers whose servers need the processors themselves. */
export async function timeCurl(
  url: string,
  accept: string,
  meter: ProcessMeter,
  headers: Record<string, string> = {},
): Promise<Run> {
  const lines = Object.entries({ accept, ...headers }).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const cpuBefore = meter.cpuSeconds;
  const start = performance.now();
  const told = await promisify(execFile)('curl', [
    ...['-sS', '--fail', '-o', '/dev/null', '-w', '%{size_download}'],
    ...lines,
    url,
  ]);
  const seconds = (performance.now() - start) / 1000;
  const bytes = Number(told.stdout);
  return { bytes, lines: 0, seconds, cpuSeconds: meter.cpuSeconds - cpuBefore, peakRss: meter.peakRss };
}

/** Runs a program and reads all it prints. */
export async function timeProgram(program: string, args: readonly string[], countLines: boolean): Promise<Run> {
  const start = performance.now();
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const meter = new ProcessMeter(child.pid ?? 0);
  const sampling = setInterval(() => meter.sample(), 10);
  const exit = once(child, 'exit');
  const answer = await consume(child.stdout, countLines);
  const [code] = (await exit) as [number | null];
  const seconds = (performance.now() - start) / 1000;
  clearInterval(sampling);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} exited with ${code}`);
  return { ...answer, seconds, cpuSeconds: meter.cpuSeconds, peakRss: meter.peakRss };
}

function consume(stream: Readable, countLines: boolean): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    let lines = 0;
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (!countLines) return;
      for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, at + 1)) lines += 1;
    });
    stream.on('error', reject);
    stream.on('close', () => resolve({ bytes, lines }));
  });
}
