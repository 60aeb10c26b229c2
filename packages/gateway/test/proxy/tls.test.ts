import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket, Server as TlsServer } from 'node:tls';
import { createLogger, type RenewedDispatcher, TlsFiles } from '@clusterlog/shared/server';
import { pemDirectory, pemOf } from '@clusterlog/test/fixtures/pem-files';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createAgentDispatcher } from '../../src/proxy/agent-dispatcher.ts';
import { keyDirectory, secret, sign } from '../auth/keys.ts';
import { getAs, open, startAgent, startGateway } from '../gateway.ts';

const secretPath = keyDirectory()('secret', secret);
const path = '/system/v1/agent/S1/logs/v1/range/';
const followPath = '/system/v1/agent/S1/logs/v1/stream/';
const { put } = pemDirectory();
const pair = (name: string) => ({ cert: pemOf(`${name}.pem`), key: pemOf(`${name}.key`) });

/** The gateway's side: a CA, and whose certificate it shows. */
interface Shown {
  readonly ca?: string;
  readonly certificate?: string;
}

function filesOf({ ca, certificate }: Shown): TlsFiles {
  const named = (flag: string, file: string, name: string) => ({ flag, path: put(file, name) });
  const files = new TlsFiles(
    {
      ca: ca === undefined ? undefined : named('--agent-ca', 'ca.pem', `${ca}.pem`),
      cert: certificate === undefined ? undefined : named('--agent-client-cert', 'cert.pem', `${certificate}.pem`),
      key: certificate === undefined ? undefined : named('--agent-client-key', 'key.pem', `${certificate}.key`),
    },
    { log: createLogger('gateway', 'silent'), interval: 60_000 },
  );
  onTestFinished(() => files.close());
  return files;
}

/** A gateway before an https agent that shows the named certificate; `asked` counts what reaches the agent. */
async function gatewayBefore(certificate: string, shown: Shown, agentOptions: object = {}) {
  const asked: IncomingMessage[] = [];
  const follows: ServerResponse[] = [];
  const { port: agentPort, server } = await startAgent(
    (request, response) => {
      asked.push(request);
      const who = (request.socket as TLSSocket).getPeerCertificate().subject?.CN ?? 'nobody';
      if (request.url?.includes('/stream/') !== true) return void response.end(String(who));
      response.write(String(who));
      follows.push(response);
    },
    { ...pair(certificate), ...agentOptions },
  );
  const files = filesOf(shown);
  const dispatcher = createAgentDispatcher(files) as RenewedDispatcher;
  const { port } = await startGateway(secretPath, { agentPort, addressing: { scheme: 'https' }, dispatcher });
  return { port, asked, follows, files, dispatcher, server: server as unknown as TlsServer };
}

describe('over TLS an agent', () => {
  test('whose certificate is of the given CA, for its address, is asked', async () => {
    const { port } = await gatewayBefore('agent', { ca: 'authority' });
    expect(await getAs('alice', port, path)).toMatchObject({ status: 200 });
  });

  test.each([
    ['is of another CA', 'impostor', { ca: 'authority' }],
    ['is for another name', 'elsewhere', { ca: 'authority' }],
    ['has ended', 'ended', { ca: 'authority' }],
    ['is of no CA the system knows, and none is given', 'agent', {}],
  ])('whose certificate %s is refused', async (_why, certificate, shown) => {
    const { port, asked } = await gatewayBefore(certificate, shown);
    const { status, body } = await getAs('alice', port, path, { accept: 'application/json' });
    expect([status, JSON.parse(body).code]).toEqual([502, 'agent-unreachable']);
    expect(body).not.toContain('127.0.0.1');
    expect(asked).toHaveLength(0);
  });

  test('is checked by its own address, not by the Host header, which is the caller’s', async () => {
    const right = await gatewayBefore('agent', { ca: 'authority' });
    expect(await getAs('alice', right.port, path, { host: 'logs.example' })).toMatchObject({ status: 200 });
    const wrong = await gatewayBefore('elsewhere', { ca: 'authority' });
    expect(await getAs('alice', wrong.port, path, { host: 'elsewhere.example' })).toMatchObject({ status: 502 });
    expect(wrong.asked).toHaveLength(0);
  });

  test('that wants a client certificate is shown the gateway’s', async () => {
    const demanding = { ca: pemOf('authority.pem'), requestCert: true, rejectUnauthorized: true };
    const shown = await gatewayBefore('agent', { ca: 'authority', certificate: 'gateway' }, demanding);
    expect(await getAs('alice', shown.port, path)).toMatchObject({ status: 200, body: 'gateway' });
    const bare = await gatewayBefore('agent', { ca: 'authority' }, demanding);
    expect(await getAs('alice', bare.port, path)).toMatchObject({ status: 502 });
  });
});

describe('when certificates change', () => {
  const demanding = {
    ca: [pemOf('authority.pem'), pemOf('successor.pem')],
    requestCert: true,
    rejectUnauthorized: true,
  };

  test('requests are made with the new ones, a follow stays on its connection, and the old ones go when it ends', async () => {
    const { port, follows, files, dispatcher, server } = await gatewayBefore(
      'agent',
      { ca: 'authority', certificate: 'gateway' },
      demanding,
    );
    const headers = { authorization: `token=${await sign({ uid: 'alice' })}` };
    const follow = await open(port, followPath, { headers });
    const parts = follow[Symbol.asyncIterator]();
    const said = async (): Promise<string | undefined> => {
      const { value, done } = await parts.next();
      return done ? undefined : String(value);
    };
    expect(await said()).toBe('gateway');
    expect(await getAs('alice', port, path)).toMatchObject({ body: 'gateway' });

    // The authority is replaced: first the agent, then the gateway.
    server.setSecureContext({ ...demanding, ...pair('agent-of-successor') });
    put('ca.pem', 'successor.pem');
    put('cert.pem', 'gateway-of-successor.pem');
    put('key.pem', 'gateway-of-successor.key');
    files.look();
    expect(await getAs('alice', port, path)).toMatchObject({ status: 200, body: 'gateway-of-successor' });
    expect(dispatcher.draining).toBe(1);
    follows[0]?.write('still here');
    expect(await said()).toBe('still here');
    follows[0]?.end();
    expect(await said()).toBeUndefined();
    await expect.poll(() => dispatcher.draining).toBe(0);
  });

  test('an agent of the old authority is refused from then on, over new connections', async () => {
    const { port, files } = await gatewayBefore('agent', { ca: 'authority' });
    expect(await getAs('alice', port, path)).toMatchObject({ status: 200 });
    put('ca.pem', 'successor.pem');
    files.look();
    expect(await getAs('alice', port, path)).toMatchObject({ status: 502 });
  });

  test('and the new ones are none, the old ones stay', async () => {
    const { port, files } = await gatewayBefore('agent', { ca: 'authority' });
    put('ca.pem', 'agent.key');
    files.look();
    files.look();
    expect(files.problem).toContain('--agent-ca: expected PEM certificates');
    expect(await getAs('alice', port, path)).toMatchObject({ status: 200 });
  });
});
