/**
 * Simulated node agents, all in this process: each listens at an address of its own and speaks the line stream. For
 * `bench/merge.ts`, which starts it: a hundred real agents would take the processors from the gateway under measurement.
 *
 * A range is `entries` lines of each agent, in turns over the agents. A follow gets watermarks every 50 ms, and, between the
 * messages `start` and `done`, entries at an even rate, each within 10 ms of its stamp as the agent's poll makes it.
 */
import { createServer, type ServerResponse } from 'node:http';
import { realtimeText, v3MediaTypes } from '@clusterlog/shared';
import { LineTemplate } from './line-template.ts';

/** What this process is told. */
export type ToLineAgents =
  | { readonly kind: 'listen'; readonly hosts: readonly string[]; readonly port: number; readonly entries: number }
  | { readonly kind: 'start'; readonly rate: number; readonly seconds: number };
/** And what it says. */
export type FromLineAgents =
  | { readonly kind: 'listening' }
  | { readonly kind: 'followed' }
  | { readonly kind: 'done'; readonly written: number; readonly seconds: number };

/** How often an agent looks for new entries, in ms. */
const pollPeriod = 10;
const watermarkPeriod = 50;
/** What an agent keeps back of its clock, in µs. */
const delay = 20_000;
const linesAtOnce = 50;
/** Between two entries of one agent in a range, in µs. */
const rangeStep = 10_000;
const rangeStart = 1_780_000_000_000_000;

interface SimulatedAgent {
  readonly template: LineTemplate;
  follow: ServerResponse | undefined;
  written: number;
  /** Stamped up to here, in ms of the clock. */
  until: number;
  toldAt: number;
}

const agents: SimulatedAgent[] = [];
let load: { readonly startedAt: number; readonly ratePerAgent: number; readonly milliseconds: number } | undefined;

process.on('message', (message: ToLineAgents) => {
  if (message.kind === 'listen') listen(message.hosts, message.port, message.entries);
  else begin(message.rate, message.seconds);
});
process.once('disconnect', () => process.exit());

function listen(hosts: readonly string[], port: number, entries: number): void {
  let waiting = hosts.length;
  let followed = 0;
  for (const [number, host] of hosts.entries()) {
    const agent: SimulatedAgent = {
      template: new LineTemplate(number),
      follow: undefined,
      written: 0,
      until: 0,
      toldAt: 0,
    };
    agents.push(agent);
    createServer((request, response) => {
      response.writeHead(200, { 'content-type': v3MediaTypes.lines });
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://agent');
      if (pathname.endsWith('/entries')) {
        sendRange(response, agent.template, number, searchParams.get('limit') === 'all' ? entries : 0);
        return;
      }
      agent.follow = response;
      response.flushHeaders();
      response.once('close', () => {
        agent.follow = undefined;
        followed--;
      });
      if (++followed === hosts.length) tell({ kind: 'followed' });
    }).listen(port, host, () => {
      if (--waiting === 0) tell({ kind: 'listening' });
    });
  }
  setInterval(poll, 1);
}

/** Each piece in the same memory, once the one before is in the operating system's. */
function sendRange(response: ServerResponse, template: LineTemplate, number: number, entries: number): void {
  const piece = Buffer.allocUnsafeSlow(linesAtOnce * template.length);
  let sent = 0;
  const send = (): void => {
    const lines = Math.min(linesAtOnce, entries - sent);
    if (lines === 0) {
      response.end('X - {"reason":"end"}\n');
      return;
    }
    for (let line = 0; line < lines; line++, sent++) {
      template.write(piece, line * template.length, sent, rangeStart + sent * rangeStep + number * 97);
    }
    response.write(piece.subarray(0, lines * template.length), send);
  };
  send();
}

function begin(rate: number, seconds: number): void {
  const startedAt = clock();
  for (const [number, agent] of agents.entries()) {
    agent.written = 0;
    // They do not look all at once.
    agent.until = startedAt - (number / agents.length) * pollPeriod;
  }
  load = { startedAt, ratePerAgent: rate / agents.length / 1_000, milliseconds: seconds * 1_000 };
}

/** Sends what each agent would find new in its journal now. */
function poll(): void {
  const now = clock();
  for (const agent of agents) {
    const { follow, template } = agent;
    if (follow === undefined) continue;
    if (load !== undefined && now - agent.until >= pollPeriod) {
      const { startedAt, ratePerAgent, milliseconds } = load;
      const due = Math.floor(Math.min(now - startedAt, milliseconds) * ratePerAgent);
      const lines = due - agent.written;
      agent.until = now;
      if (lines > 0) {
        const chunk = Buffer.allocUnsafeSlow(lines * template.length);
        for (let line = 0; line < lines; line++) {
          const number = agent.written++;
          template.write(
            chunk,
            line * template.length,
            number,
            Math.floor((startedAt + (number + 1) / ratePerAgent) * 1_000),
          );
        }
        follow.write(chunk);
        agent.toldAt = now;
      }
    }
    if (now - agent.toldAt >= watermarkPeriod) {
      agent.toldAt = now;
      follow.write(`W ${realtimeText(Math.floor(now * 1_000) - delay)} -\n`);
    }
  }
  if (load === undefined || now - load.startedAt < load.milliseconds + 2 * pollPeriod) return;
  const written = agents.reduce((sum, agent) => sum + agent.written, 0);
  tell({ kind: 'done', written, seconds: (now - load.startedAt) / 1_000 });
  load = undefined;
}

function clock(): number {
  return performance.timeOrigin + performance.now();
}

function tell(message: FromLineAgents): void {
  process.send?.(message);
}
