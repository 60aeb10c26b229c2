import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { connect, type TLSSocket } from 'node:tls';
import { jwtVerify, SignJWT } from 'jose';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MesosMaster } from '../dev-cluster/mesos-master.ts';
import { NodeJournal } from '../dev-cluster/node-journal.ts';
import { choosePorts } from '../dev-cluster/ports.ts';
import { ServiceProcess } from '../dev-cluster/service-process.ts';
import { SimulatedMesos } from '../dev-cluster/simulated-mesos.ts';
import { pemDirectory, pemOf } from '../fixtures/pem-files.ts';
import { Follower } from './follower.ts';

const directory = mkdtempSync(join(tmpdir(), 'clusterlog-certificates-'));
const { put, path } = pemDirectory();
const credential = `Basic ${Buffer.from('ops:secret').toString('base64')}`;
const both = `${pemOf('authority.pem')}${pemOf('successor.pem')}`;

/** Everybody's files; the services are given these names, and what is in them changes. */
function putAll(certificate: 'agent' | 'agent-of-successor', client: 'gateway' | 'gateway-of-successor'): void {
  for (const whose of ['gateway', 'node']) {
    put(`${whose}-server.pem`, `${certificate}.pem`);
    put(`${whose}-server.key`, `${certificate}.key`);
  }
  put('client.pem', `${client}.pem`);
  put('client.key', `${client}.key`);
}

/** A Mesos agent by https, which wants the credential and a client certificate of either authority. */
async function startMesosAgent(agentId: string, asked: string[]): Promise<Server> {
  const options = { cert: pemOf('agent.pem'), key: pemOf('agent.key'), ca: both, requestCert: true };
  const server = createServer(options, (incoming: IncomingMessage, response: ServerResponse) => {
    const subject = (incoming.socket as TLSSocket).getPeerCertificate().subject;
    asked.push(String(subject.CN));
    if (incoming.headers.authorization !== credential) response.writeHead(401).end();
    else response.end(JSON.stringify({ id: agentId, flags: { work_dir: '/w' } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

const serviceToken = 'header.claims.signature';

/** DC/OS' login by https: gives whoever has the account's key the token that masters want. */
async function startLogin(): Promise<{ server: Server; account: string; logins: string[] }> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const logins: string[] = [];
  const server = createServer({ cert: pemOf('agent.pem'), key: pemOf('agent.key') }, async (incoming, response) => {
    const { uid, token } = (await json(incoming)) as { uid: string; token: string };
    const claims = await jwtVerify(token, publicKey, { algorithms: ['RS256'], requiredClaims: ['exp'] }).then(
      ({ payload }) => payload,
      () => undefined,
    );
    if (claims?.uid !== uid) return void response.writeHead(401).end();
    logins.push(uid);
    response.end(JSON.stringify({ token: serviceToken }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const account = JSON.stringify({
    scheme: 'RS256',
    uid: 'clusterlog-gateway',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    login_endpoint: `https://127.0.0.1:${(server.address() as AddressInfo).port}/acs/api/v1/auth/login`,
  });
  return { server, account, logins };
}

describe('a cluster in which everyone speaks TLS and shows certificates', () => {
  const mesos = new SimulatedMesos();
  const master = new MesosMaster({
    mesos,
    tls: { cert: pemOf('agent.pem'), key: pemOf('agent.key') },
    authorization: `token=${serviceToken}`,
  });
  const journal = new NodeJournal({ directory: join(directory, 'journal'), hostname: 'node-1' });
  const byAuthority = new Agent({ connect: { ca: pemOf('authority.pem') } });
  const bySuccessor = new Agent({ connect: { ca: pemOf('successor.pem') } });
  const asNode = new Agent({ connect: { ca: both, cert: pemOf('gateway.pem'), key: pemOf('gateway.key') } });
  const mesosAgentAsked: string[] = [];
  let login: Awaited<ReturnType<typeof startLogin>>;
  let mesosAgent: Server;
  let gateway: ServiceProcess;
  let agent: ServiceProcess;
  let agentPort: number;
  let gatewayPort: number;
  let metricsPort: number;
  let token: string;
  let agentId: string;

  beforeAll(async () => {
    putAll('agent', 'gateway');
    writeFileSync(path('ca.pem'), pemOf('authority.pem'));
    const secretFile = join(directory, 'secret');
    const credentialFile = join(directory, 'credential');
    writeFileSync(secretFile, 'x'.repeat(32));
    const accountFile = join(directory, 'service-account.json');
    login = await startLogin();
    writeFileSync(credentialFile, 'ops secret\n');
    writeFileSync(accountFile, login.account);
    [agentPort = 0, gatewayPort = 0, metricsPort = 0] = await choosePorts([0, 0, 0]);
    agentId = mesos.addAgent({ hostname: 'node-1', host: '127.0.0.1', port: 5051 }).id;
    await master.start();
    mesosAgent = await startMesosAgent(agentId, mesosAgentAsked);
    const mesosFlags = [
      ...['--mesos-ca', path('ca.pem')],
      ...['--mesos-client-cert', path('client.pem'), '--mesos-client-key', path('client.key')],
    ];
    gateway = new ServiceProcess({
      package: 'gateway',
      name: 'the gateway',
      run: 'source',
      url: `https://127.0.0.1:${gatewayPort}`,
      dispatcher: byAuthority,
      logFile: join(directory, 'gateway.log'),
      directory,
      arguments: [
        ...['--listen', `127.0.0.1:${gatewayPort}`, '--metrics-listen', `127.0.0.1:${metricsPort}`],
        ...['--tls-cert', path('gateway-server.pem'), '--tls-key', path('gateway-server.key')],
        ...['--mesos-master', master.url, ...mesosFlags, '--mesos-credential-file', accountFile],
        ...['--agent-scheme', 'https', '--agent-port', String(agentPort), '--agent-ca', path('ca.pem')],
        ...['--agent-client-cert', path('client.pem'), '--agent-client-key', path('client.key')],
        ...['--auth-secret-file', secretFile, '--signing-key-file', join(directory, 'signing-key.json')],
      ],
    });
    agent = new ServiceProcess({
      package: 'node-agent',
      name: 'the node agent',
      run: 'source',
      url: `https://127.0.0.1:${agentPort}`,
      dispatcher: asNode,
      logFile: join(directory, 'agent.log'),
      directory,
      arguments: [
        ...['--listen', `127.0.0.1:${agentPort}`, '--metrics-listen', 'off', '--journal', journal.directory],
        ...['--tls-cert', path('node-server.pem'), '--tls-key', path('node-server.key')],
        ...['--tls-client-ca', path('ca.pem')],
        ...['--mesos-agent', `https://127.0.0.1:${(mesosAgent.address() as AddressInfo).port}`, ...mesosFlags],
        ...['--mesos-credential-file', credentialFile],
        ...['--gateway-keys', `${gateway.url}/.well-known/jwks.json`, '--gateway-keys-ca', path('ca.pem')],
      ],
    });
    await gateway.start();
    await agent.start();
    token = await new SignJWT({ uid: 'alice' })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('1h')
      .sign(Buffer.from('x'.repeat(32)));
  });
  afterAll(async () => {
    await Promise.all([gateway?.stop(), agent?.stop()]);
    await master.kill();
    for (const server of [mesosAgent, login?.server]) {
      server?.close();
      server?.closeAllConnections();
    }
    await Promise.all([byAuthority, bySuccessor, asNode].map((dispatcher) => dispatcher.destroy()));
    rmSync(directory, { recursive: true, force: true });
  });

  const route = (rest: string): string => `${gateway.url}/system/v1/agent/${agentId}/logs/v1/${rest}`;

  async function ask(dispatcher: Agent): Promise<{ status: number; text: string }> {
    const headers = { authorization: `token=${token}`, accept: 'application/json' };
    const { statusCode, body } = await request(route('range/?skip_prev=1'), { headers, dispatcher });
    return { status: statusCode, text: await body.text() };
  }

  async function ready(): Promise<{ checks: { check: string; state: string; detail?: string }[] }> {
    const dispatcher = new Agent({ connect: { ca: both } });
    const { body } = await request(`${gateway.url}/health/ready`, { dispatcher });
    const answer = (await body.json()) as Awaited<ReturnType<typeof ready>>;
    await dispatcher.destroy();
    return answer;
  }

  /** Whose certificate a server shows to whom connects now. */
  async function shownAt(port: number): Promise<string> {
    const socket = connect({
      host: '127.0.0.1',
      port,
      ca: both,
      cert: pemOf('gateway.pem'),
      key: pemOf('gateway.key'),
    });
    return await new Promise((resolve, reject) => {
      socket.once('error', reject).once('secureConnect', () => {
        resolve(String(socket.getPeerCertificate().subject.CN));
        socket.destroy();
      });
    });
  }

  async function until(isSo: () => Promise<boolean>): Promise<void> {
    for (const end = performance.now() + 20_000; !(await isSo()); ) {
      if (performance.now() > end) throw new Error('waited 20 s in vain');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  it('answers through every hop, and tells when certificates end', async () => {
    journal.service('a.service', 'a', 'first');
    expect(await ask(byAuthority)).toMatchObject({ status: 200, text: expect.stringContaining('first') });
    expect(mesosAgentAsked).toContain('gateway');
    expect(login.logins).toEqual(['clusterlog-gateway']);
    expect(master.requests.map(({ authorization }) => authorization)).toContain(`token=${serviceToken}`);
    const { body } = await request(`http://127.0.0.1:${metricsPort}/metrics`);
    const end = Date.parse('2119-12-08T00:00:00Z') / 1000;
    expect(await body.text()).toContain(
      `clusterlog_certificate_end_timestamp_seconds{file="${path('client.pem')}"} ${end}\n`,
    );
    expect((await ready()).checks).toContainEqual(
      expect.objectContaining({
        check: 'certificates',
        state: 'ok',
        detail: 'the first ends at 2119-12-08T00:00:00.000Z',
      }),
    );
  });

  it('lets nobody ask a node without a client certificate of the authority', async () => {
    const url = `${agent.url}/health/live`;
    const strangers = [
      new Agent({ connect: { ca: both } }),
      new Agent({ connect: { ca: both, cert: pemOf('impostor.pem'), key: pemOf('impostor.key') } }),
      new Agent({ connect: { ca: both, cert: pemOf('ended.pem'), key: pemOf('ended.key') } }),
    ];
    for (const dispatcher of strangers) {
      await expect(request(url, { dispatcher })).rejects.toThrow();
      await dispatcher.destroy();
    }
    expect((await request(url, { dispatcher: asNode })).statusCode).toBe(200);
  });

  it('changes its authority under an open follow, which is not cut and misses nothing', async () => {
    const url = route('stream/');
    const follower = await Follower.open({ url, token, dispatcher: byAuthority });
    const write = async (message: string): Promise<void> => {
      journal.service('a.service', 'a', message);
      await follower.until(({ messages }) => messages.at(-1) === message);
    };
    await write('by the old authority');

    // First everyone trusts both, then everyone shows the new certificates, then nobody trusts the old authority.
    const gatewayLog = () => gateway.log().split('TLS files have changed').length - 1;
    const agentLog = () => agent.log().split('TLS files have changed').length - 1;
    writeFileSync(path('ca.pem'), both);
    await until(async () => gatewayLog() >= 2 && agentLog() >= 3);
    await write('by either');
    putAll('agent-of-successor', 'gateway-of-successor');
    for (const port of [gatewayPort, agentPort]) {
      await until(async () => (await shownAt(port)) === 'agent-of-successor');
    }
    await until(async () => gatewayLog() >= 5);
    expect(await ask(bySuccessor)).toMatchObject({ status: 200 });
    await write('by the new certificates');
    writeFileSync(path('ca.pem'), pemOf('successor.pem'));
    // The node asks for no certificate of the old authority any more: who has one is refused.
    await until(async () => {
      const old = new Agent({ connect: { ca: both, cert: pemOf('gateway.pem'), key: pemOf('gateway.key') } });
      const refused = await request(`${agent.url}/health/live`, { dispatcher: old }).then(
        () => false,
        () => true,
      );
      await old.destroy();
      return refused;
    });
    expect(await ask(bySuccessor)).toMatchObject({ status: 200 });
    await write('by the new authority');
    expect(follower.end).toBeUndefined();
    expect(follower.messages.filter((message) => message.startsWith('by '))).toEqual([
      'by the old authority',
      'by either',
      'by the new certificates',
      'by the new authority',
    ]);
    follower.close();
    // Who trusts the old authority alone is not fooled.
    const wary = new Agent({ connect: { ca: pemOf('authority.pem') } });
    await expect(request(`${gateway.url}/health/live`, { dispatcher: wary })).rejects.toThrow(/certificate|issuer/);
    await wary.destroy();
  });

  it('goes on with the last good files while new ones do not fit, and says so', async () => {
    put('client.key', 'impostor.key');
    const certificates = async () => (await ready()).checks.find(({ check }) => check === 'certificates');
    await until(async () => (await certificates())?.state === 'degraded');
    const finding = await certificates();
    expect(finding?.detail).toMatch(/--agent-client-key: expected the PEM private key of --agent-client-cert/);
    expect(finding?.detail).toContain('the last good ones are in force');
    expect(await ask(bySuccessor)).toMatchObject({ status: 200 });
    put('client.key', 'gateway-of-successor.key');
    await until(async () => (await certificates())?.state === 'ok');
  });
});
