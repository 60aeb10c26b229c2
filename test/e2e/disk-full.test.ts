import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DevCluster } from '../dev-cluster/cluster.ts';
import type { DevNode } from '../dev-cluster/dev-node.ts';
import { commandOf } from '../dev-cluster/service-process.ts';
import { fillUp, mountSmall } from '../fixtures/exhaustion.ts';
import { cannotRun } from '../fixtures/requirements.ts';
import { Follower } from './follower.ts';

const run = promisify(execFile);
const why =
  process.getuid?.() === 0 ? undefined : 'a file system of one’s own needs root, and this is an ordinary user';

describe.skipIf(cannotRun(why))('on a disk that is full, logs, keys, secrets and all', () => {
  let directory: string;
  let unmount: (() => void) | undefined;
  let cluster: DevCluster;
  let node: DevNode;
  const range = '/system/v1/logs/v1/range/task/app.1';

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'clusterlog-full-'));
    unmount = mountSmall(directory, 64 * 2 ** 20);
    const { TMPDIR } = process.env;
    process.env.TMPDIR = directory;
    try {
      cluster = await DevCluster.start({ nodes: 1, gatewayArguments: ['--signing-key-delay', '1s'] });
    } finally {
      if (TMPDIR === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = TMPDIR;
    }
    node = cluster.nodes[0] as DevNode;
    const task = cluster.launch(node, 'app.1');
    for (let line = 0; line < 10; line++) node.journal.task(task, `line ${line}`);
    await vi.waitUntil(async () => (await cluster.get(range)).text.includes('line 9'), { timeout: 10_000 });
  });
  afterAll(async () => {
    await cluster?.stop();
    unmount?.();
    rmdirSync(directory);
  });

  const keyFile = (): string => join(cluster.directory, 'signing-key.json');
  const rotate = () =>
    run(process.execPath, [...commandOf('gateway', 'source'), 'keys', 'rotate', '--signing-key-file', keyFile()]);
  const isLogged = (id: string): boolean => cluster.gateway.log().includes(id) && node.agent.log().includes(id);

  it('services go on answering, and log again when there is room', async () => {
    const url = `${cluster.gateway.url}/system/v1/logs/v1/stream/task/app.1?skip_prev=10`;
    const follower = await Follower.open({ url, token: cluster.token });
    const free = fillUp(directory);
    try {
      for (let asked = 0; asked < 100; asked++) {
        const { status, text } = await cluster.get(range, { 'x-request-id': `while-full-${asked}` });
        expect([status, text]).toEqual([200, expect.stringContaining('line 9\n')]);
      }
      await follower.until(({ messages }) => messages.includes('line 9'));
      expect(follower.end).toBeUndefined();
      expect((await cluster.get('/health/ready')).status).toBe(200);
    } finally {
      free();
      follower.close();
    }
    let asked = 0;
    await vi.waitUntil(
      async () => {
        const id = `afterwards-${asked++}`;
        await cluster.get(range, { 'x-request-id': id });
        return isLogged(id);
      },
      { timeout: 10_000 },
    );
  }, 60_000);

  it('a key that cannot be written is none: the old one stays, and nothing of the new one', async () => {
    const before = readFileSync(keyFile(), 'utf8');
    const files = readdirSync(cluster.directory);
    const free = fillUp(directory);
    try {
      await expect(rotate()).rejects.toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/signing-key.*ENOSPC|no space/i),
      });
      expect(readFileSync(keyFile(), 'utf8')).toBe(before);
      expect(readdirSync(cluster.directory)).toEqual(files);
      expect((await cluster.get(range)).status).toBe(200);
    } finally {
      free();
    }
    await rotate();
    expect(JSON.parse(readFileSync(keyFile(), 'utf8')).keys).toHaveLength(2);
    const published = async () => JSON.parse((await cluster.get('/.well-known/jwks.json')).text).keys.length as number;
    await expect.poll(published, { timeout: 10_000 }).toBe(2);
  }, 60_000);
});
