import type { IncomingMessage, ServerResponse } from 'node:http';
import { Metrics } from '@clusterlog/shared/server';
import { Agent } from 'undici';
import { describe, expect, test } from 'vitest';
import { type Limits, usualLimits } from '../../src/limits/limits.ts';
import { keyDirectory, secret, sign } from '../auth/keys.ts';
import { endLine, entryLine, positionOf, startLineAgent } from '../cluster/line-agents.ts';
import { getAs, indexOf, open, startAgent, startGateway } from '../gateway.ts';
import { recordingLog } from '../recording-log.ts';

const secretPath = keyDirectory()('secret', secret);
const range = '/system/v1/agent/S1/logs/v1/range/';
const stream = '/system/v1/agent/S1/logs/v1/stream/';
const entries = '/system/v1/logs/v3/entries?limit=all&since=@0.000001';

interface Audited {
  readonly audit?: { readonly cut?: string; readonly outcome: string; readonly route: string };
}

/** A gateway before an agent whose answers go on as `more` says. */
async function gateway(limits: Partial<Limits>, more: (response: ServerResponse) => void) {
  const { port: agentPort } = await startAgent((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    more(response);
  });
  const { logger: log, lines } = recordingLog();
  const metrics = new Metrics();
  const { port } = await startGateway(secretPath, {
    agentPort,
    limits: { ...usualLimits, ...limits },
    server: { log, accessLog: true, metrics },
  });
  const audits = () => (lines as readonly Audited[]).flatMap(({ audit }) => (audit === undefined ? [] : [audit]));
  return { port, audits, metrics: () => metrics.registry.metrics() };
}

async function openAs(port: number, path: string): Promise<IncomingMessage> {
  return open(port, path, { headers: { authorization: `token=${await sign({ uid: 'ann' })}` } });
}

/** Reads to the end; resolves with whether the answer was whole. */
async function isWhole(response: IncomingMessage): Promise<boolean> {
  // An answer that is cut has an error before it closes.
  await new Promise((resolve) =>
    response
      .on('error', () => undefined)
      .once('close', resolve)
      .resume(),
  );
  return response.complete;
}

/** A line at a time, for ever. */
function trickle(response: ServerResponse): void {
  const timer = setInterval(() => response.write('line\n'), 20);
  response.once('close', () => clearInterval(timer));
}

describe('a range of one node', () => {
  test('is cut when it takes too long, so that its reader sees that it is not whole', async () => {
    const { port, audits, metrics } = await gateway({ rangeAge: 0.2 }, trickle);
    expect(await isWhole(await openAs(port, range))).toBe(false);
    await expect.poll(audits).toMatchObject([{ cut: 'range-too-long', outcome: 'cut' }]);
    expect(await metrics()).toContain('clusterlog_ranges_cut_total{budget="time"} 1\n');
  });

  test('is cut when it is too large', async () => {
    const lot = Buffer.alloc(256 * 1024, 'x');
    const flood = (response: ServerResponse): void => {
      while (!response.destroyed && response.write(lot));
      response.once('drain', () => flood(response));
    };
    const { port, audits, metrics } = await gateway({ rangeAge: 1, rangeSize: 2 ** 20 }, flood);
    expect(await isWhole(await openAs(port, range))).toBe(false);
    await expect.poll(audits).toMatchObject([{ cut: 'range-too-large', outcome: 'cut' }]);
    expect(await metrics()).toContain('clusterlog_ranges_cut_total{budget="size"} 1\n');
  });

  test('is 503 when it has not begun by then, and a late answer of the node does no harm', async () => {
    let late: ServerResponse | undefined;
    const { port: agentPort } = await startAgent((_request, response) => {
      late = response;
    });
    const { logger: log, lines } = recordingLog();
    const { port } = await startGateway(secretPath, {
      agentPort,
      limits: { ...usualLimits, rangeAge: 0.2 },
      server: { log, accessLog: true, metrics: new Metrics() },
    });
    const { status, body } = await getAs('ann', port, range, { accept: 'application/json' });
    expect([status, JSON.parse(body)]).toMatchObject([503, { code: 'range-too-long' }]);
    late?.end('late\n');
    expect((await getAs('ann', port, '/nothing')).status).toBe(404);
    expect(lines.filter(({ level, msg }) => level >= 40 && !msg.startsWith('This answer has taken'))).toEqual([]);
  });

  test('is whole when it keeps within both', async () => {
    const { port, audits } = await gateway({ rangeAge: 60, rangeSize: 2 ** 20 }, (response) => response.end('line\n'));
    for (let asked = 0; asked < 3; asked++) expect((await getAs('ann', port, range)).body).toBe('line\n');
    expect(audits().map(({ outcome }) => outcome)).toEqual(['complete', 'complete', 'complete']);
  });

  test('counts from its own first byte, not from that of another answer on its connection', async () => {
    const { port } = await gateway({ rangeAge: 1, rangeSize: 2 ** 20 }, (response) =>
      response.end(Buffer.alloc(700 * 1024, 'x')),
    );
    const dispatcher = new Agent({ connections: 1 });
    try {
      for (let asked = 0; asked < 3; asked++) {
        const authorization = `token=${await sign({ uid: 'ann' })}`;
        const { body } = await dispatcher.request({
          origin: `http://127.0.0.1:${port}`,
          path: range,
          method: 'GET',
          headers: { authorization },
        });
        expect((await body.bytes()).length).toBe(700 * 1024);
      }
    } finally {
      await dispatcher.destroy();
    }
  });
});

describe('a follow', () => {
  test('has no such bounds', async () => {
    const { port, audits } = await gateway({ rangeAge: 0.2, rangeSize: 1 }, trickle);
    const follow = await openAs(port, stream);
    let received = 0;
    follow.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    // By the time that a range begun after it has been cut, it would have been.
    expect(await isWhole(await openAs(port, range))).toBe(false);
    const before = received;
    await expect.poll(() => received).toBeGreaterThan(before);
    expect(audits().filter(({ route }) => route.includes('/stream/'))).toEqual([]);
    follow.destroy();
  });
});

describe('a range of all nodes', () => {
  test('ends with an error event, and its reader goes on from the last cursor to the rest', async () => {
    const realtimes = Array.from({ length: 20 }, (_, index) => index + 1);
    // Gives the first half, and the rest to who asks for what comes behind.
    const agent = await startLineAgent('S1', ({ query, send, response }) => {
      const payload = query.get('payload') ?? '';
      const cursor = query.get('cursor');
      const at = realtimes.findIndex((realtime, n) => positionOf('S1', n, realtime) === cursor);
      const lines = realtimes.map((realtime, n) => entryLine('S1', n, realtime, payload)).slice(at + 1);
      if (cursor !== null) {
        send(...lines, endLine);
        response.end();
      } else {
        send(...lines.slice(0, 10));
      }
    });
    const { port } = await startGateway(secretPath, {
      index: indexOf({ agents: [agent.mesos] }),
      addressing: { overrides: new Map([[agent.mesos.id, agent.origin]]) },
      limits: { ...usualLimits, rangeAge: 2 },
    });
    const read = async (path: string) => {
      const { body } = await getAs('ann', port, path, { accept: 'application/x-ndjson' });
      const lines = body.trimEnd().split('\n');
      return lines.map((line) => JSON.parse(line) as { event?: string; code?: string; cursor: string; fields: object });
    };
    const first = await read(entries);
    expect(first.at(-1)).toMatchObject({ event: 'error', code: 'range-too-long', status: 503 });
    const shown = first.filter(({ event }) => event === undefined);
    const rest = await read(`${entries}&cursor=${encodeURIComponent(shown.at(-1)?.cursor ?? '')}`);
    const all = [...shown, ...rest.filter(({ event }) => event === undefined)];
    expect(all).toHaveLength(20);
    expect(new Set(all.map(({ fields }) => JSON.stringify(fields))).size).toBe(20);
    expect(rest.at(-1)).toMatchObject({ event: 'end', reason: 'end' });
  });
});
