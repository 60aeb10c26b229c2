import { once } from 'node:events';
import { existsSync, linkSync, mkdtempSync, rmSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listen } from '@clusterlog/shared/server';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'clusterlog-listen-'));
afterAll(() => rmSync(folder, { recursive: true }));

function app(): FastifyInstance {
  const made = Fastify({ forceCloseConnections: true });
  made.get('/', async () => 'new');
  onTestFinished(() => made.close());
  return made;
}

/** A server that is neither answered nor closed by the code under test. */
async function listener(place: { path: string } | { port: number; host: string }): Promise<Server> {
  const server = createServer((socket) => socket.end());
  await once(server.listen(place), 'listening');
  onTestFinished(() => void server.close());
  return server;
}

describe('listening', () => {
  it('on a port that is in use fails with the option and the address', async () => {
    const { port } = (await listener({ port: 0, host: '127.0.0.1' })).address() as AddressInfo;
    await expect(listen(app(), '--listen', { host: '127.0.0.1', port })).rejects.toThrow(
      `--listen: 127.0.0.1:${port} is already in use`,
    );
  });

  it('on an address of another machine fails with the option and the address', async () => {
    await expect(listen(app(), '--metrics-listen', { host: '192.0.2.1', port: 0 })).rejects.toThrow(
      '--metrics-listen: 192.0.2.1:0 is not an address of this machine',
    );
  });

  it('on a unix socket that somebody listens on leaves it to him', async () => {
    const path = join(folder, 'held');
    await listener({ path });
    await expect(listen(app(), '--listen', { path })).rejects.toThrow(`--listen: unix:${path} is already in use`);
    expect(existsSync(path)).toBe(true);
  });

  it('on a unix socket that a dead process left replaces it', async () => {
    const [listened, path] = [join(folder, 'listened'), join(folder, 'left')];
    const dead = await listener({ path: listened });
    // Closing removes the socket's file; a second name of it stays, as after a kill.
    linkSync(listened, path);
    dead.close();
    await once(dead, 'close');
    expect(await listen(app(), '--listen', { path })).toBe(`unix:${path}`);
    const [response] = (await once(get({ socketPath: path, path: '/' }), 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(200);
    response.resume();
  });
});
