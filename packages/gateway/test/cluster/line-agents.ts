import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MesosAgent } from '../../src/mesos/model.ts';
import { startAgent } from '../gateway.ts';

/** What one simulated node agent was asked, and how it is answered line by line. */
export interface LineRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  send(...lines: string[]): void;
}

export interface LineAgent {
  readonly mesos: MesosAgent;
  readonly origin: string;
  readonly requests: LineRequest[];
}

/** A server that stands for the node agent of `id` and speaks the line stream. */
export async function startLineAgent(id: string, answer: (asked: LineRequest) => void): Promise<LineAgent> {
  const requests: LineRequest[] = [];
  const { origin } = await startAgent((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://agent');
    const asked: LineRequest = {
      path: pathname,
      query: searchParams,
      request,
      response,
      send: (...lines) => void response.write(lines.map((line) => `${line}\n`).join('')),
    };
    requests.push(asked);
    response.setHeader('content-type', 'application/vnd.clusterlog.lines');
    answer(asked);
  });
  const mesos = {
    id,
    hostname: `host-${id}`,
    pid: `slave(1)@192.0.2.1:${5051 + Number(id.slice(1))}`,
    host: '192.0.2.1',
    port: 5051 + Number(id.slice(1)),
    active: true,
  };
  return { mesos, origin, requests };
}

/** An entry of the `n`th number at a realtime, as a line for the payload that was asked for. */
export function entryLine(agent: string, n: number, realtime: number, payload = 'ndjson'): string {
  const body = payload === 'text' ? `time\x1fid\x1f: ${agent} ${n}` : `{"fields":{"MESSAGE":"${agent} ${n}"}}`;
  return `E ${String(realtime).padStart(16, '0')} ${positionOf(agent, n, realtime)} - ${body}`;
}

export function positionOf(agent: string, n: number, realtime: number): string {
  const id = Buffer.from(agent).toString('hex').padStart(32, '0');
  return `s=${id};i=${n.toString(16)};b=${id};m=${n.toString(16)};t=${realtime.toString(16)};x=1`;
}

export function watermarkLine(realtime: number): string {
  return `W ${String(realtime).padStart(16, '0')} -`;
}

export const endLine = 'X - {"reason":"end"}';
