import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { maximumScopeBytes, type Scope } from '@clusterlog/shared';
import { describe, expect, onTestFinished, test } from 'vitest';
import { compileRules } from '../../src/policy/compiled-rules.ts';
import { FilePolicy } from '../../src/policy/file-policy.ts';
import { parsePolicy } from '../../src/policy/parse-policy.ts';
import { taskScope } from '../../src/policy/task-scope.ts';
import { keyDirectory, secret } from '../auth/keys.ts';
import { getAs, indexOf, readGatewayToken, startGateway, task } from '../gateway.ts';

const secretPath = keyDirectory()('secret', secret);
const forms = { stream: false, trusted: [] };

/** More tasks of one team on one node than one token can list, and a running one of another team. */
const mine = Array.from({ length: 400 }, (_, at) =>
  task(`mine.${at}`, { completed: at !== 7, updatedAt: at, containerId: `root-${at}.child` }),
);
const theirs = task('theirs.1', { containerId: 'c-theirs' });
const index = indexOf({ tasks: [...mine, theirs] });

const rules = compileRules(
  parsePolicy(`version: 1
rules:
  - { who: { uid: [alice] }, allow: [everything] }
  - { who: { uid: [bob] }, allow: [{ tasks: { id: ["mine.*"] } }] }
`),
);
const policy = new FilePolicy({ path: 'policy.yaml', rules: () => ({ version: 1, rules }), forms, index });

async function world() {
  const requests: IncomingMessage[] = [];
  // As large headers as a node agent takes.
  const agent = createServer({ maxHeaderSize: 64 * 1024 }, (request, response) => {
    requests.push(request);
    response.writeHead(200, { 'content-type': 'text/plain' }).end('line\n');
  });
  await once(agent.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    agent.close();
    agent.closeAllConnections();
  });
  const { port: agentPort } = agent.address() as AddressInfo;
  const { port } = await startGateway(secretPath, { agentPort, index, policy });
  const scope = async () => (await readGatewayToken(requests.at(-1)?.headers ?? {}, 'S1')).payload.scope as Scope;
  return { port, scope, requests };
}

const base = '/system/v1/agent/S1/logs/v1';
const containerOf = (at: number) => `framework/F1/executor/mine.${at}/container/root-${at}.child`;

describe('a container asked for on its node, as the UI does', () => {
  test.each(['range', 'stream'])(
    'is a task to whom the node is not allowed, however many others are: %s',
    async (kind) => {
      const { port, scope } = await world();
      expect((await getAs('bob', port, `${base}/${kind}/${containerOf(3)}?limit=0`)).status).toBe(200);
      expect(await scope()).toEqual(taskScope(mine[3] ?? theirs, forms));
    },
  );

  test('is a part of the node to whom all of it is allowed', async () => {
    const { port, scope } = await world();
    expect((await getAs('alice', port, `${base}/range/${containerOf(3)}`)).status).toBe(200);
    expect((await scope()).read).toBe('node');
  });

  test('is refused when it is another’s, without a word of whose', async () => {
    const { port, requests } = await world();
    const path = `${base}/range/framework/F1/executor/theirs.1/container/c-theirs`;
    const { status, body } = await getAs('bob', port, path);
    expect(status).toBe(403);
    expect(body).not.toContain('theirs');
    expect(requests).toEqual([]);
  });

  test('has its streams listed first: of the tasks that fit into a token, those that run and ended last', async () => {
    const { port, scope } = await world();
    expect((await getAs('bob', port, `${base}/fields/STREAM?_timestamp=1`)).status).toBe(200);
    const granted = JSON.stringify(await scope());
    expect(Buffer.byteLength(granted)).toBeLessThanOrEqual(maximumScopeBytes);
    for (const id of ['root-7.child', 'root-399.child', 'root-350.child']) expect(granted).toContain(`"${id}"`);
    expect(granted).not.toContain('"root-0.child"');
  });

  test('is all that he may read of the node where that would not fit into a token: the node is 403 with the limit', async () => {
    const { port, requests } = await world();
    const { status, body } = await getAs('bob', port, `${base}/range/`, { accept: 'application/json' });
    expect(status).toBe(403);
    expect(JSON.parse(body)).toMatchObject({ code: 'scope-too-large', detail: expect.stringContaining('32768') });
    expect(requests).toEqual([]);
  });
});
