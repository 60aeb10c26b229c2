import { once } from 'node:events';
import { get, type Agent as HttpsAgent, Agent as HttpsClient, type RequestOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { pemDirectory, pemOf } from '@clusterlog/test/fixtures/pem-files';
import { Type } from 'typebox';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { createServer } from '../../../src/server/create-server.ts';
import { createLogger } from '../../../src/server/logger.ts';
import { Metrics } from '../../../src/server/metrics.ts';
import { TlsFiles } from '../../../src/server/tls/tls-files.ts';

const { put, path } = pemDirectory();
const log = createLogger('test', 'silent');
const streams: PassThrough[] = [];
afterEach(() => {
  for (const stream of streams.splice(0)) stream.end();
});

/** A server that wants client certificates of the authority, and says what was said into `streams`. */
async function startServer(): Promise<{ port: number; files: TlsFiles }> {
  put('cert.pem', 'agent.pem');
  put('key.pem', 'agent.key');
  put('ca.pem', 'authority.pem');
  const files = new TlsFiles(
    {
      cert: { flag: '--tls-cert', path: path('cert.pem') },
      key: { flag: '--tls-key', path: path('key.pem') },
      ca: { flag: '--tls-client-ca', path: path('ca.pem') },
    },
    { log, interval: 60_000 },
  );
  const app = createServer({ log, accessLog: false, metrics: new Metrics(), tls: files });
  const nothing = { params: Type.Object({}), querystring: Type.Object({}), headers: Type.Object({}) };
  app.get('/follow', { schema: { ...nothing, response: { 200: Type.Any() } } }, (_request, reply) => {
    const stream = new PassThrough();
    streams.push(stream);
    stream.write('begun\n');
    return reply.send(stream);
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => app.close());
  return { port: (app.server.address() as AddressInfo).port, files };
}

interface Follow {
  /** The common name of the server's certificate; a resumed session has none. */
  readonly server: string;
  readonly resumed: boolean;
  /** The next that it says; undefined at its end. */
  next(): Promise<string | undefined>;
}

/** @throws Error when the connection is refused */
async function follow(port: number, options: RequestOptions): Promise<Follow> {
  const sent = get({ host: '127.0.0.1', port, path: '/follow', ...options });
  const [response] = await once(sent, 'response');
  const socket = response.socket as TLSSocket;
  const parts = response[Symbol.asyncIterator]();
  onTestFinished(() => void response.destroy());
  return {
    server: String(socket.getPeerCertificate().subject?.CN),
    resumed: socket.isSessionReused(),
    next: async () => {
      const { value, done } = await parts.next();
      return done ? undefined : String(value);
    },
  };
}

const ca = pemOf('authority.pem') + pemOf('successor.pem');
const caller = { ca, cert: pemOf('gateway.pem'), key: pemOf('gateway.key'), agent: false as const };
const callerOfSuccessor = {
  ca,
  cert: pemOf('gateway-of-successor.pem'),
  key: pemOf('gateway-of-successor.key'),
  agent: false as const,
};

describe('a server whose certificates change', () => {
  test('shows the new one to new connections, and cuts no old one', async () => {
    const { port, files } = await startServer();
    const open = await follow(port, caller);
    expect([open.server, await open.next()]).toEqual(['agent', 'begun\n']);
    put('cert.pem', 'agent-of-successor.pem');
    put('key.pem', 'agent-of-successor.key');
    files.look();
    expect((await follow(port, caller)).server).toBe('agent-of-successor');
    streams[0]?.write('still here\n');
    expect(await open.next()).toBe('still here\n');
    streams[0]?.end('the end\n');
    expect([await open.next(), await open.next()]).toEqual(['the end\n', undefined]);
  });

  test('takes callers by the new authority, and those of the old one no more, not even by a session of theirs', async () => {
    const { port, files } = await startServer();
    await expect(follow(port, callerOfSuccessor)).rejects.toThrow();
    // Keeps sessions, and connections for one request only.
    const resuming: HttpsAgent = new HttpsClient({ keepAlive: false, maxCachedSessions: 10 });
    const before = await follow(port, { ...caller, agent: resuming });
    expect(await before.next()).toBe('begun\n');
    const again = await follow(port, { ...caller, agent: resuming });
    expect([again.resumed, await again.next()]).toEqual([true, 'begun\n']);
    put('ca.pem', 'successor.pem');
    files.look();
    expect(await (await follow(port, callerOfSuccessor)).next()).toBe('begun\n');
    await expect(follow(port, caller)).rejects.toThrow();
    await expect(follow(port, { ...caller, agent: resuming })).rejects.toThrow();
    streams[0]?.write('still here\n');
    expect(await before.next()).toBe('still here\n');
  });

  test.each([
    ['no certificate', { ca, agent: false as const }],
    [
      'one of another authority',
      { ca, cert: pemOf('impostor.pem'), key: pemOf('impostor.key'), agent: false as const },
    ],
    ['one that has ended', { ca, cert: pemOf('ended.pem'), key: pemOf('ended.key'), agent: false as const }],
    ['one that it has no key of', { ...caller, key: undefined }],
  ])('refuses a caller with %s', async (_what, options) => {
    const { port } = await startServer();
    await expect(follow(port, options as RequestOptions)).rejects.toThrow();
    expect(streams).toHaveLength(0);
    expect(await (await follow(port, caller)).next()).toBe('begun\n');
  });
});
