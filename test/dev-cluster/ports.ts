import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';

/**
 * Below those that Linux gives to connections and to who listens on any (from 32,768 on): what is free here now is free in a
 * moment, too, but for another cluster that draws the same number.
 */
const lasting = { from: 10_240, to: 32_768 };

/**
 * Ports on loopback, all different: each the one preferred when nobody listens there, else, or where none is (0), a free
 * one. They are free when this returns, which is all that can be promised.
 */
export async function choosePorts(preferred: readonly number[]): Promise<number[]> {
  const held: Server[] = [];
  try {
    // All are held until the last is chosen, so that none is given twice.
    for (const port of preferred) held.push((await tryListen(port)) ?? (await listenAnywhere()));
    return held.map((server) => (server.address() as AddressInfo).port);
  } finally {
    await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

async function listenAnywhere(): Promise<Server> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const server = await tryListen(randomInt(lasting.from, lasting.to));
    if (server !== undefined) return server;
  }
  return await listen(0);
}

async function tryListen(port: number): Promise<Server | undefined> {
  if (port === 0) return undefined;
  try {
    return await listen(port);
  } catch {
    return undefined;
  }
}

async function listen(port: number): Promise<Server> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
