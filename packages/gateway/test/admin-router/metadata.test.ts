import { describe, expect, test } from 'vitest';
import { createClusterIndex } from '../../src/mesos/cluster-index.ts';
import { keyDirectory, secret } from '../auth/keys.ts';
import { get, getAs, indexOf, startGateway, testRouter } from '../gateway.ts';

const secretPath = keyDirectory()('secret', secret);

describe('/mesos_dns/v1/hosts/leader.mesos', () => {
  const path = '/mesos_dns/v1/hosts/leader.mesos';

  test.each([
    ['http://10.0.0.7:5050', '10.0.0.7'],
    ['http://[2001:db8::7]:5050', '2001:db8::7'],
    ['https://localhost:5050/mesos', expect.stringMatching(/^(127\.0\.0\.1|::1)$/)],
  ])('is the address of the leading master: %s', async (leader, ip) => {
    const index = indexOf();
    index.applySnapshot({ tasks: [], agents: [], recoveredAgentIds: [], frameworks: [], skipped: 0 }, leader, 'poll');
    const { port } = await startGateway(secretPath, { index });
    const { status, body } = await getAs('bob', port, path);
    expect([status, JSON.parse(body)]).toEqual([200, [{ host: 'leader.mesos.', ip }]]);
  });

  test('is 401 without a token, 503 while no master was ever reached, and 404 when switched off', async () => {
    const { port } = await startGateway(secretPath, { index: createClusterIndex() });
    expect((await get(port, path)).status).toBe(401);
    expect((await getAs('bob', port, path)).status).toBe(503);
    const off = await startGateway(secretPath, { router: testRouter({ without: new Set(['mesos-dns']) }) });
    expect((await getAs('bob', off.port, path)).status).toBe(404);
  });

  test('is the only question answered for Mesos-DNS', async () => {
    const { port } = await startGateway(secretPath);
    for (const other of ['/mesos_dns/v1/hosts/web.marathon.mesos', '/mesos_dns/v1/axfr', '/mesos_dns/']) {
      expect((await getAs('alice', port, other)).status).toBe(404);
    }
  });
});

describe('/dcos-metadata/ui-config.json', () => {
  const path = '/dcos-metadata/ui-config.json';

  test('tells the UI before login, without a token, that logs are in the journal', async () => {
    const { port } = await startGateway(secretPath, { index: createClusterIndex() });
    const { status, headers, body } = await get(port, path, { headers: { authorization: 'token=forged' } });
    expect([status, headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
    expect(JSON.parse(body).uiConfiguration.plugins.mesos['logging-strategy']).toBe('journald');
  });

  test('tells what the operator says, and is not there when switched off', async () => {
    const { port } = await startGateway(secretPath, { router: testRouter({ loggingStrategy: 'logrotate' }) });
    expect((await get(port, path)).body).toContain('"logging-strategy":"logrotate"');
    const off = await startGateway(secretPath, { router: testRouter({ without: new Set(['ui-config']) }) });
    expect((await getAs('alice', off.port, path)).status).toBe(404);
  });
});
