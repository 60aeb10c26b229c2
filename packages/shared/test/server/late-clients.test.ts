import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { createServer, Metrics, type Server } from '@clusterlog/shared/server';
import { pino } from 'pino';
import { Type } from 'typebox';
import { afterEach, describe, expect, it } from 'vitest';

const open: { close(): Promise<unknown> }[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of open.splice(0)) await server.close();
});

const schema = {
  params: Type.Object({}),
  querystring: Type.Object({}),
  headers: Type.Object({}),
  response: { 200: Type.Unknown() },
};

const lot = Buffer.alloc(1024 * 1024, 'x');

/** Routes: `/flood` has more than any socket buffer takes, `/trickle` a few bytes and then nothing for ever. */
async function start(times: { greatestStall?: number; requestPatience?: number }) {
  const lines: { msg: string; audit?: Record<string, unknown> }[] = [];
  const log = pino({ base: null }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const metrics = new Metrics();
  const app: Server = createServer({ log, accessLog: true, metrics, ...times });
  open.push(app);
  let floodEnded: (() => void) | undefined;
  const ended = new Promise<void>((resolve) => {
    floodEnded = resolve;
  });
  app.get('/flood', { schema }, (_request, reply) => {
    reply.raw.once('close', () => floodEnded?.());
    return reply.send(
      new Readable({
        read() {
          this.push(lot);
        },
      }),
    );
  });
  app.get('/trickle', { schema }, (_request, reply) => {
    const few = new Readable({ read() {} });
    few.push('few');
    return reply.send(few);
  });
  app.post('/body', { schema: { ...schema, body: Type.Unknown() } }, async () => 'x');
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const talk = (text: string): Socket => {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.write(text);
    return socket;
  };
  return { talk, lines, metrics, ended };
}

const request = (path: string) => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`;

async function readAll(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  await once(socket, 'close');
  return text;
}

describe('a client that takes nothing', () => {
  it('is cut after the greatest stall, and the audit line says so', async () => {
    const { talk, lines, metrics, ended } = await start({ greatestStall: 0.2 });
    talk(request('/flood')).pause();
    await ended;
    expect(lines.find(({ msg }) => msg === 'request')).toMatchObject({ audit: { outcome: 'cut', cut: 'stalled' } });
    expect(await metrics.registry.metrics()).toContain('clusterlog_stalled_clients_total 1');
  });

  it('sees a cut and no end when it reads on', async () => {
    const { talk, ended } = await start({ greatestStall: 0.2 });
    const socket = talk(request('/flood')).pause();
    await ended;
    const text = readAll(socket);
    socket.resume();
    expect((await text).endsWith('0\r\n\r\n')).toBe(false);
  });

  it('keeps its connection while it takes a little now and then', async () => {
    const stall = 1_000;
    const { talk, lines } = await start({ greatestStall: stall / 1_000 });
    const socket = talk(request('/flood'));
    const until = performance.now() + 2.5 * stall;
    while (performance.now() < until) {
      await once(socket.resume(), 'data');
      socket.pause();
      await delay(stall / 20);
    }
    expect(socket.destroyed).toBe(false);
    expect(lines.filter(({ msg }) => msg === 'request')).toEqual([]);
  });

  it('keeps its connection while nothing waits for it', async () => {
    const { talk, lines, ended } = await start({ greatestStall: 0.05 });
    const socket = talk(request('/trickle'));
    let text = '';
    while (!text.includes('few')) text += String((await once(socket, 'data'))[0]);
    // By the time that one that stalls is cut, this one has been silent for longer.
    talk(request('/flood')).pause();
    await ended;
    expect(socket.destroyed).toBe(false);
    expect(lines.filter(({ audit }) => audit?.route === '/trickle')).toEqual([]);
  });
});

describe('a request that does not arrive', () => {
  it('is answered 408 and cut, when its headers take too long, and counted', async () => {
    const { talk, metrics } = await start({ requestPatience: 0.2 });
    const socket = talk('GET /trickle HTTP/1.1\r\nhost: x\r\n');
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 408 [\s\S]*"code":"request-timeout"/);
    expect(await metrics.registry.metrics()).toContain('clusterlog_errors_total{code="request-timeout"} 1');
  });

  it('is answered 408 and cut, when its body takes too long', async () => {
    const { talk } = await start({ requestPatience: 0.2 });
    const head = 'POST /body HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n{';
    expect(await readAll(talk(head))).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('is not waited for by one that has arrived: its answer takes as long as it takes', async () => {
    const { talk } = await start({ requestPatience: 1 });
    const late = readAll(talk('GET /'));
    const socket = talk(request('/trickle'));
    await once(socket, 'data');
    await late;
    expect(socket.destroyed).toBe(false);
  });
});
