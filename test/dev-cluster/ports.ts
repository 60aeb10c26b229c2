import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';

/**
 * Ports on loopback, all different: each the one preferred when nobody listens there, else, or where none is (0), a free
 * one. They are free when this returns, which is all that can be promised.
 */
export async function choosePorts(preferred: readonly number[]): Promise<number[]> {
  const held: Server[] = [];
  try {
    // All are held until the last is chosen, so that none is given twice.
    for (const port of preferred) held.push((await tryListen(port)) ?? (await listen(0)));
    return held.map((server) => (server.address() as AddressInfo).port);
  } finally {
    await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

async function tryListen(port: number): Promise<Server | undefined> {
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
