import { request } from 'node:http';
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { fixedAuthorization } from '@clusterlog/shared/server';
import { MesosMaster } from '@clusterlog/test/dev-cluster/mesos-master';
import { fc, it as property } from '@fast-check/vitest';
import { Agent } from 'undici';
import { describe, expect, onTestFinished, test } from 'vitest';
import { filterAgentsProtobuf } from '../../src/admin-router/agents-answer.ts';
import { createClusterIndex } from '../../src/mesos/cluster-index.ts';
import { startMasterClient } from '../../src/mesos/master-client.ts';
import { keyDirectory, secret, sign } from '../auth/keys.ts';
import { startGateway, type TestGatewayOptions, testRouter } from '../gateway.ts';
import { onlyTasks } from './policies.ts';

const secretPath = keyDirectory()('secret', secret);
const json = 'application/json';
const protobuf = 'application/x-protobuf';

/** `Call{type: …}` as DC/OS' CLI marshals it. */
const call = (type: number) => Buffer.from([0x08, type]);

async function cluster(options: TestGatewayOptions = {}, authorization?: string) {
  const master = new MesosMaster(authorization === undefined ? {} : { authorization });
  await master.start();
  onTestFinished(() => master.kill());
  const { id: frameworkId } = master.mesos.addFramework('marathon');
  const agents = ['node-1', 'node-2'].map((hostname, n) =>
    master.mesos.addAgent({ hostname, host: `10.0.0.${n}`, port: 5051 }),
  );
  master.mesos.launch({ id: 'web.1', frameworkId, agentId: agents[0]?.id ?? '' });
  const index = createClusterIndex();
  const fresh = new Promise((resolve) => index.once('status', resolve));
  const credential = authorization === undefined ? undefined : fixedAuthorization(authorization);
  const client = startMasterClient({
    masters: [master.url],
    index,
    log: { info: () => undefined, warn: () => undefined },
    credential,
  });
  onTestFinished(() => client.close());
  await fresh;
  master.calls.length = 0;
  const masters = { dispatcher: new Agent(), credential };
  const { port } = await startGateway(secretPath, { index, router: testRouter({ masters }), ...options });
  return { master, port, index, ids: agents.map(({ id }) => id) };
}

async function post(port: number, body: Buffer | string, headers: Record<string, string>, uid = 'alice') {
  const token = await sign({ uid });
  return await new Promise<{ status: number; type: string | undefined; body: Buffer }>((resolve, reject) => {
    const sent = request(
      { port, method: 'POST', path: '/mesos/api/v1', headers: { authorization: `token=${token}`, ...headers } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            type: response.headers['content-type'],
            body: Buffer.concat(chunks),
          }),
        );
      },
    );
    sent.on('error', reject).end(body);
  });
}

/** The ids of the agents in `Response.get_agents`, as DC/OS' CLI reads them. */
function agentIds(response: Uint8Array): string[] {
  const member = (message: Uint8Array, wanted: number): Uint8Array[] => {
    const reader = new BinaryReader(message);
    const found: Uint8Array[] = [];
    while (reader.pos < reader.len) {
      const [field, wire] = reader.tag();
      if (field === wanted && wire === WireType.LengthDelimited) found.push(reader.bytes());
      else reader.skip(wire, field);
    }
    return found;
  };
  const through = (message: Uint8Array, path: readonly number[]): Uint8Array[] =>
    path.reduce<Uint8Array[]>((messages, field) => messages.flatMap((one) => member(one, field)), [message]);
  return through(response, [10, 1, 1, 6, 1]).map((value) => Buffer.from(value).toString());
}

describe('POST /mesos/api/v1', () => {
  test('answers the CLI’s GET_AGENTS, two bytes of protobuf, in protobuf', async () => {
    const { port, ids, master } = await cluster();
    const { status, type, body } = await post(port, call(10), { accept: protobuf, 'content-type': protobuf });
    expect([status, type]).toEqual([200, protobuf]);
    expect(agentIds(body)).toEqual(ids);
    expect(master.calls).toEqual(['{"type":"GET_AGENTS"}']);
  });

  test('answers it in JSON, too, with what Mesos says of each agent', async () => {
    const { port, ids } = await cluster();
    const { status, type, body } = await post(port, '{"type":"GET_AGENTS"}', { accept: json, 'content-type': json });
    expect([status, type]).toEqual([200, json]);
    expect(JSON.parse(body.toString())).toMatchObject({
      type: 'GET_AGENTS',
      get_agents: {
        agents: ids.map((value) => ({ agent_info: { id: { value } }, total_resources: expect.any(Array) })),
      },
    });
  });

  test.each([protobuf, json])(
    'tells of the agents of which the caller may read something, and of no other: %s',
    async (accept) => {
      const { port, ids } = await cluster({ policy: onlyTasks(({ id }) => id === 'web.1') });
      const { body } = await post(port, '{"type":"GET_AGENTS"}', { accept, 'content-type': json }, 'bob');
      const told =
        accept === protobuf
          ? agentIds(body)
          : JSON.parse(body.toString()).get_agents.agents.map(
              (agent: { agent_info: { id: { value: string } } }) => agent.agent_info.id.value,
            );
      expect(told).toEqual([ids[0]]);
      expect(body.toString('latin1')).not.toContain('node-2');
    },
  );

  test.each([
    ['GET_HEALTH', 1, { get_health: { healthy: true } }],
    ['GET_VERSION', 3, { get_version: { version_info: { version: '1.12.0' } } }],
    ['GET_MASTER', 17, { get_master: { master_info: { hostname: '127.0.0.1' } } }],
  ])('passes on what the master says to %s', async (type, number, answer) => {
    const { port } = await cluster();
    const asJson = await post(port, JSON.stringify({ type }), { 'content-type': json });
    expect(JSON.parse(asJson.body.toString())).toMatchObject({ type, ...answer });
    const asProtobuf = await post(port, call(number), { accept: protobuf, 'content-type': protobuf });
    expect([asProtobuf.status, asProtobuf.type]).toEqual([200, protobuf]);
    expect(asProtobuf.body.length).toBeGreaterThan(2);
  });

  test('makes the call anew: nothing of the caller’s reaches the master but the type', async () => {
    const { port, master } = await cluster();
    const body = '{"type":"GET_VERSION","get_state":{},"x":"\\u0000"}';
    expect((await post(port, body, { 'content-type': json })).status).toBe(200);
    const more = new BinaryWriter()
      .tag(1, WireType.Varint)
      .int32(3)
      .tag(4, WireType.LengthDelimited)
      .string('/etc')
      .finish();
    expect((await post(port, Buffer.from(more), { 'content-type': protobuf })).status).toBe(200);
    expect(master.calls).toEqual(['{"type":"GET_VERSION"}', '{"type":"GET_VERSION"}']);
  });

  test.each([
    ['GET_STATE', 9],
    ['GET_TASKS', 13],
    ['GET_FLAGS', 2],
    ['READ_FILE', 8],
    ['SUBSCRIBE', 18],
    ['TEARDOWN', 32],
    ['MARK_AGENT_GONE', 35],
    ['__proto__', 0],
    ['toString', 2 ** 31 - 1],
  ])('is 403 for %s, and the master is not asked', async (type, number) => {
    const { port, master } = await cluster();
    expect((await post(port, JSON.stringify({ type }), { 'content-type': json })).status).toBe(403);
    const body = Buffer.from(new BinaryWriter().tag(1, WireType.Varint).int32(number).finish());
    expect((await post(port, body, { 'content-type': protobuf })).status).toBe(403);
    expect(master.calls).toEqual([]);
  });

  test('takes the last of several types in protobuf, as Mesos does', async () => {
    const { port, master } = await cluster();
    const body = Buffer.concat([call(3), call(9)]);
    expect((await post(port, body, { 'content-type': protobuf })).status).toBe(403);
    expect(master.calls).toEqual([]);
  });

  test.each([
    ['', json],
    ['{', json],
    ['[]', json],
    ['null', json],
    ['{"type":3}', json],
    [`{"type":"${'X'.repeat(1_000)}"}`, json],
    ['', protobuf],
    ['\u0012', protobuf],
    ['\u0008', protobuf],
    ['\u000b'.repeat(60_000), protobuf],
    ['{"type":"GET_AGENTS"}', 'text/plain'],
    [`{"type":"GET_AGENTS","x":"${'x'.repeat(64 * 1024)}"}`, json],
  ])('is 4xx for what is no call (case %#), and the master is not asked', async (body, type) => {
    const { port, master } = await cluster();
    const answer = await post(port, body, { 'content-type': type });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(answer.body.length).toBeLessThan(500);
    expect(master.calls).toEqual([]);
  });

  test('is 503 when the master does not answer, as the CLI expects it', async () => {
    const { port, master } = await cluster();
    await master.kill();
    expect((await post(port, call(10), { accept: protobuf, 'content-type': protobuf })).status).toBe(503);
    const nobody = await startGateway(secretPath, { index: createClusterIndex() });
    expect((await post(nobody.port, call(10), { accept: protobuf, 'content-type': protobuf })).status).toBe(503);
  });

  test('shows the master our credential, and nothing of the caller’s', async () => {
    const { port, master } = await cluster({}, 'Basic cDpz');
    expect((await post(port, call(10), { 'content-type': protobuf, cookie: 'a=b' })).status).toBe(200);
    expect(master.requests.at(-1)).toEqual({ line: 'POST /api/v1', authorization: 'Basic cDpz' });
  });

  test('wants a token in the header, and is not there when switched off', async () => {
    const { port } = await startGateway(secretPath, { router: testRouter({ without: new Set(['mesos-api']) }) });
    expect((await post(port, call(10), { 'content-type': protobuf })).status).toBe(404);
    const on = await cluster();
    expect((await post(on.port, call(10), { 'content-type': protobuf, authorization: '' })).status).toBe(401);
    const cookie = `dcos-acs-auth-cookie=${await sign({})}`;
    const answer = await fetch(`http://127.0.0.1:${on.port}/mesos/api/v1`, {
      method: 'POST',
      headers: { 'content-type': json, cookie },
      body: '{"type":"GET_AGENTS"}',
    });
    expect(answer.status).toBe(401);
  });
});

describe('the filter of agents in protobuf', () => {
  property.prop([fc.uint8Array({ maxLength: 200 })])('throws nothing but errors, whatever it is given', (bytes) => {
    try {
      expect(agentIds(filterAgentsProtobuf(bytes, () => false))).toEqual([]);
    } catch (error) {
      expect(error).toBeInstanceOf(Error);
    }
  });
});
