import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { request } from 'undici';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DevCluster } from '../dev-cluster/cluster.ts';
import { commandOf, type ServiceProcess } from '../dev-cluster/service-process.ts';
import { Follower } from './follower.ts';

const run = promisify(execFile);
const delay = ['--signing-key-delay', '3s'];
let cluster: DevCluster;
let gateways: readonly ServiceProcess[];

beforeAll(async () => {
  cluster = await DevCluster.start({ nodes: 1, gatewayArguments: delay });
  gateways = [cluster.gateway, await cluster.addGateway()];
});
afterAll(() => cluster?.stop());

const path = (rest: string) => `/system/v1/agent/${cluster.nodes[0]?.agentId}/logs/v1/${rest}`;

async function keys(command: string): Promise<string> {
  const file = join(cluster.directory, 'signing-key.json');
  const words = [...commandOf('gateway', 'source'), 'keys', command, '--signing-key-file', file, ...delay];
  return (await run(process.execPath, words)).stdout;
}

/** Asks one gateway after the other until `ended`, and counts the answers by status. */
async function load(ended: AbortSignal): Promise<Map<number, number>> {
  const statuses = new Map<number, number>();
  for (let count = 0; !ended.aborted; count++) {
    const url = `${gateways[count % gateways.length]?.url}${path('range/?limit=1')}`;
    const { statusCode, body } = await request(url, { headers: { authorization: `token=${cluster.token}` } });
    await body.dump();
    statuses.set(statusCode, (statuses.get(statusCode) ?? 0) + 1);
  }
  return statuses;
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 50));
}

it('keys are rotated under load through two gateways, and no request is refused', async () => {
  const ended = new AbortController();
  const workers = Array.from({ length: 4 }, () => load(ended.signal));
  const follower = await Follower.open({ url: `${cluster.gateway.url}${path('stream/')}`, token: cluster.token });
  const [before] = (await keys('list')).split('  ');

  const rotated = await keys('rotate');
  expect(rotated.split('\n')[0]).toMatch(/ {2}signs$/);
  const publishedBy = async ({ url }: ServiceProcess): Promise<string[]> => {
    const { body } = await request(`${url}/.well-known/jwks.json`);
    return ((await body.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
  };
  await until(async () => (await Promise.all(gateways.map(publishedBy))).every(({ length }) => length === 2));
  const logOf = ({ url }: ServiceProcess) =>
    readFileSync(join(cluster.directory, `gateway-${new URL(url).port}.log`), 'utf8');
  await until(() => gateways.every((gateway) => logOf(gateway).includes('signed with another key from now on')));
  expect(await keys('list')).toMatch(new RegExp(`^${before} .* previous\\n.* signs\\n$`));
  const url = `${cluster.gateway.url}${path('range/?limit=1')}`;
  await request(url, { headers: { authorization: `token=${cluster.token}` } }).then(({ body }) => body.dump());

  ended.abort();
  const statuses = (await Promise.all(workers)).flatMap((counts) => [...counts.keys()]);
  expect([...new Set(statuses)].filter((status) => status !== 200 && status !== 204)).toEqual([]);
  expect(follower.end).toBeUndefined();
  follower.close();
}, 60_000);
