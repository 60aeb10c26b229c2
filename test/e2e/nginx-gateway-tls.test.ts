import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { choosePorts } from '../dev-cluster/ports.ts';
import { ServiceProcess } from '../dev-cluster/service-process.ts';
import { NginxEdge } from '../fixtures/nginx.ts';
import { pemOf, pemPath } from '../fixtures/pem-files.ts';
import { cannotRun, whyNoPrograms } from '../fixtures/requirements.ts';

describe.skipIf(cannotRun(whyNoPrograms('nginx')))('between nginx and a gateway', () => {
  const directory = mkdtempSync(join(tmpdir(), 'clusterlog-edge-tls-'));
  const caller = new Agent({ connect: { ca: pemOf('authority.pem') } });
  const asEdge = new Agent({
    connect: {
      ca: pemOf('authority.pem'),
      servername: 'gateway.example',
      cert: pemOf('agent.pem'),
      key: pemOf('agent.key'),
    },
  });
  let gateway: ServiceProcess;

  beforeAll(async () => {
    const [port = 0] = await choosePorts([0]);
    writeFileSync(join(directory, 'secret'), 'x'.repeat(32));
    gateway = new ServiceProcess({
      package: 'gateway',
      name: 'the gateway',
      run: 'source',
      url: `https://127.0.0.1:${port}`,
      dispatcher: asEdge,
      logFile: join(directory, 'gateway.log'),
      directory,
      arguments: [
        ...['--listen', `127.0.0.1:${port}`, '--metrics-listen', 'off', '--local-agent', 'http://127.0.0.1:1'],
        ...['--tls-cert', pemPath('gateway.pem'), '--tls-key', pemPath('gateway.key')],
        ...['--tls-client-ca', pemPath('authority.pem'), '--auth-secret-file', join(directory, 'secret')],
        ...['--signing-key-file', join(directory, 'signing-key.json')],
      ],
    });
    await gateway.start();
  });
  afterAll(async () => {
    await gateway?.stop();
    await Promise.all([caller, asEdge].map((dispatcher) => dispatcher.destroy()));
    rmSync(directory, { recursive: true, force: true });
  });

  /** nginx with the shipped `gateway-tls.conf`, which trusts the CA and shows the certificate of these names. */
  async function edgeWith(ca: string, client: string): Promise<NginxEdge> {
    const edge = await NginxEdge.start([gateway.url], (place) => {
      copyFileSync(pemPath(`${ca}.pem`), join(place, 'tls', 'gateways-ca.pem'));
      copyFileSync(pemPath(`${client}.pem`), join(place, 'tls', 'edge-client.pem'));
      copyFileSync(pemPath(`${client}.key`), join(place, 'tls', 'edge-client.key'));
      const file = join(place, 'edge.conf');
      const text = readFileSync(file, 'utf8')
        .replaceAll('proxy_pass http:', 'proxy_pass https:')
        .replaceAll('include gateway-request.conf;', 'include gateway-request.conf; include gateway-tls.conf;');
      writeFileSync(file, text);
    });
    onTestFinished(() => edge.stop());
    return edge;
  }

  async function statusThrough(edge: NginxEdge): Promise<number> {
    const { statusCode, body } = await request(`${edge.https}/.well-known/jwks.json`, { dispatcher: caller });
    await body.dump();
    return statusCode;
  }

  it('TLS with both certificates checked is what nginx/gateway-tls.conf makes of it', async () => {
    expect(await statusThrough(await edgeWith('authority', 'agent'))).toBe(200);
  });

  it.each([
    ['the gateway is of another authority', 'stranger', 'agent'],
    ['nginx shows a certificate of another authority', 'authority', 'impostor'],
  ])('nothing is passed where %s', async (_what, ca, client) => {
    expect(await statusThrough(await edgeWith(ca, client))).toBeGreaterThanOrEqual(400);
  });
});
