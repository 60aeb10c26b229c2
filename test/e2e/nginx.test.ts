import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Agent } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { DevCluster } from '../dev-cluster/cluster.ts';
import type { DevNode } from '../dev-cluster/dev-node.ts';
import type { ServiceProcess } from '../dev-cluster/service-process.ts';
import type { SimulatedTask } from '../dev-cluster/simulated-mesos.ts';
import { copyShipped, NginxEdge } from '../fixtures/nginx.ts';
import { cannotRun, whyNoPrograms } from '../fixtures/requirements.ts';
import { Follower } from './follower.ts';

const run = promisify(execFile);

describe.skipIf(cannotRun(whyNoPrograms('nginx', 'curl')))('behind nginx, two gateways', () => {
  let cluster: DevCluster;
  let second: ServiceProcess;
  let edge: NginxEdge;
  let node: DevNode;
  let task: SimulatedTask;
  let dispatcher: Agent;
  const open: (() => unknown)[] = [];

  beforeAll(async () => {
    cluster = await DevCluster.start({ nodes: 2, gatewayArguments: ['--trusted-proxy', '127.0.0.1'] });
    second = await cluster.addGateway();
    edge = await NginxEdge.start([cluster.gateway.url, second.url]);
    dispatcher = new Agent({ connect: { ca: readFileSync(edge.caFile) } });
    node = cluster.nodes[1] as DevNode;
    task = cluster.launch(node, 'app.1');
    for (let line = 0; line < 5; line++) node.journal.task(task, `line ${line}`);
    // Each gateway hears of the task by itself.
    for (const { url } of [cluster.gateway, second]) {
      const path = `${url}/system/v1/logs/v1/range/task/app.1`;
      await vi.waitUntil(async () => (await curl(path)).status === 200, { timeout: 5_000 });
    }
  });
  afterAll(async () => {
    await dispatcher?.destroy();
    await edge?.stop();
    await cluster?.stop();
  });
  afterEach(() => {
    for (const close of open.splice(0)) close();
  });

  /** Asks the edge with curl, the path sent as it stands; `version` is the protocol spoken. */
  async function curl(path: string, ...more: readonly string[]) {
    const { stdout } = await run(
      'curl',
      [
        ...['-sS', '--path-as-is', '--cacert', edge.caFile, '-H', `@${cluster.authorizationFile}`],
        ...['-w', '\n%{http_code} %{http_version}', ...more, path.startsWith('http') ? path : `${edge.https}${path}`],
      ],
      { maxBuffer: 1 << 26 },
    ).catch((error: Error & { stderr: string }) => {
      throw new Error(`${error.message}\n${error.stderr}`);
    });
    const end = stdout.lastIndexOf('\n');
    const [status, version] = stdout.slice(end + 1).split(' ');
    return { status: Number(status), version, body: stdout.slice(0, end) };
  }

  async function follow(headers: Record<string, string> = {}, lastEventId?: string): Promise<Follower> {
    const url = `${edge.https}/system/v1/logs/v1/stream/task/app.1?skip_prev=1`;
    const follower = await Follower.open({ url, token: cluster.token, dispatcher, headers, lastEventId });
    open.push(() => follower.close());
    return follower;
  }

  it('serve a range over TLS, by HTTP/1.1 and HTTP/2, as they do without it', async () => {
    const path = '/system/v1/logs/v1/range/task/app.1?limit=3';
    const direct = await cluster.get(path);
    expect(direct.text).toContain(': line 0\n');
    expect(await curl(path, '--http1.1')).toEqual({ status: 200, version: '1.1', body: direct.text });
    expect(await curl(path, '--http2')).toEqual({ status: 200, version: '2', body: direct.text });
  });

  it('pass on what is large whole, and do not write it to disk', async () => {
    const big = cluster.launch(node, 'big.1');
    for (let line = 0; line < 20_000; line++) node.journal.task(big, `${line} ${'x'.repeat(200)}`);
    const path = '/system/v1/logs/v1/range/task/big.1';
    const direct = await cluster.get(path);
    expect(direct.text.length).toBeGreaterThan(4_000_000);
    const { body } = await curl(path, '--http2');
    expect(body === direct.text).toBe(true);
  });

  it('deliver the first event of a follow, and each further one, at once', async () => {
    const follower = await follow();
    await follower.until(({ entries }) => entries.length === 1);
    for (const message of ['now', 'and now']) {
      node.journal.task(task, message);
      await follower.until(({ messages }) => messages.at(-1) === message);
    }
    expect(follower.end).toBeUndefined();
  });

  it.each([
    ['with X-Accel-Buffering for the next proxy, as Admin Router does, on the routes of its own node', '', 'no'],
    ['without it on the routes by agent', 'agent', null],
  ])('answer a follow %s', async (_what, by, expected) => {
    const path = by === 'agent' ? `/system/v1/agent/${node.agentId}/logs/v1/stream/` : '/system/v1/logs/v1/stream/';
    const ended = new AbortController();
    open.push(() => ended.abort());
    const { headers } = await dispatcher.request({
      origin: edge.https,
      path: `${path}?skip_prev=1`,
      method: 'GET',
      headers: { authorization: `token=${cluster.token}`, accept: 'text/event-stream' },
      signal: ended.signal,
    });
    expect(headers['x-accel-buffering'] ?? null).toBe(expected);
    expect(headers['content-type']).toBe('text/event-stream');
    expect(headers['content-encoding']).toBeUndefined();
  });

  it('learn when a follower leaves, and so does the agent', async () => {
    const follower = await follow({ 'x-request-id': 'leaves-soon' });
    follower.close();
    const audit = () => (node.agent.log().match(/^.*"leaves-soon".*"request".*$/m) ?? [''])[0];
    await expect.poll(audit, { timeout: 5_000 }).toContain('"outcome":"aborted"');
  });

  it('refuse with the 401 that DC/OS’ clients know', async () => {
    const { stdout } = await run('curl', ['-sSi', '--cacert', edge.caFile, `${edge.https}/system/v1/logs/v1/range/`]);
    expect(stdout).toMatch(/^HTTP\/2 401/);
    expect(stdout).toMatch(/^www-authenticate: oauthjwt/im);
    expect(stdout).toMatch(/^content-type: text\/html/im);
    expect(stdout).toMatch(/^server: nginx\r$/im);
    expect(stdout).toContain('/#/login');
  });

  it('know the address of the caller, whatever he says it is', async () => {
    const claim = ['-H', 'X-Forwarded-For: 192.0.2.7', '-H', 'X-Real-IP: 192.0.2.7', '-H', 'X-Request-Id: from-9'];
    await curl('/system/v1/logs/v1/range/task/app.1?limit=1', '--interface', '127.0.0.9', ...claim);
    const audit = () => (`${cluster.gateway.log()}${second.log()}`.match(/^.*"from-9".*"audit".*$/m) ?? [''])[0];
    await expect.poll(audit).toContain('"remote":"127.0.0.9"');
  });

  it('get a request target byte for byte', async () => {
    const withoutRemote = (body: string) => body.replace(/remote address: [\d.:]+/, '');
    for (const path of [
      '/system/v1/logs/v1/range/task/app.1?filter=MESSAGE:line%201&&filter=STREAM%3ASTDOUT',
      '/system/v1/logs/v1/range/task/app%2e1',
      '/system/v1/logs//v1/range/task/app.1',
      '/system/v1/logs/v1/range/../range/task/app.1',
      '/system/v1/logs/v1/range/%2e%2e/range/task/app.1',
      '/system/v1/logs/v1/range/task%2Fapp.1',
      '/system/v1/logs/v1/range/task/app.1%20',
    ]) {
      const direct = await curl(`${cluster.gateway.url}${path}`);
      const { status, body } = await curl(path);
      expect([path, status, withoutRemote(body)]).toEqual([path, direct.status, withoutRemote(direct.body)]);
    }
  });

  it('say of their own state what they say themselves, to this machine', async () => {
    const { status, body } = await curl('/health/ready');
    expect([status, JSON.parse(body)]).toMatchObject([200, { status: 'ready' }]);
  });

  it('redirect as Admin Router does, and from http to https', async () => {
    const redirect = '%{http_code} %header{location}';
    const location = async (url: string) =>
      (await run('curl', ['-sS', '-k', '-o', '/dev/null', '-w', redirect, url])).stdout;
    expect(await location(`${edge.https}/system/v1/logs`)).toBe('301 /system/v1/logs/');
    expect(await location(`${edge.https}/system/v1/logs?a=%20b`)).toBe('301 /system/v1/logs/?a=%20b');
    expect(await location(`${edge.http}/system/v1/logs/v1/range/?limit=1`)).toBe(
      '301 https://127.0.0.1/system/v1/logs/v1/range/?limit=1',
    );
  });

  it.each(['--http1.1', '--http2'])(
    'take 55 kB of headers; what is beyond 60 KiB ends at the edge (%s)',
    async (version) => {
      const path = '/system/v1/logs/v1/range/task/app.1?limit=1';
      expect((await curl(path, version, '-H', `X-Filler: ${'x'.repeat(55_000)}`)).status).toBe(200);
      const beyond = [1, 2, 3].flatMap((n) => ['-H', `X-Filler-${n}: ${'x'.repeat(30_000)}`]);
      const { status } = await curl(path, version, ...beyond).catch(() => ({ status: 0 }));
      // nginx ends an HTTP/2 connection without an answer.
      expect(status).toBe(version === '--http2' ? 0 : 400);
      expect((await curl(path, version)).status).toBe(200);
    },
  );

  it('stay in use whatever a caller sends that they hang up on', async () => {
    const path = '/system/v1/logs/v1/range/task/app.1?limit=1';
    // Over a connection that has been used, what is no HTTP is answered by hanging up.
    const nonsense = Array.from({ length: 12 }, () => curl(path, '-X', 'FROB'));
    const requests = Array.from({ length: 12 }, () => curl(path));
    for (const { status } of await Promise.all(nonsense)) expect(status).toBeGreaterThanOrEqual(400);
    for (const { status } of await Promise.all(requests)) expect(status).toBe(200);
    for (let request = 0; request < 4; request++) expect((await curl(path)).status).toBe(200);
  });

  it('are one: with either killed, the next request is answered by the other', async () => {
    for (const gateway of [cluster.gateway, second]) {
      await gateway.kill();
      for (let request = 0; request < 4; request++) {
        expect((await curl('/system/v1/logs/v1/range/task/app.1?limit=1')).status).toBe(200);
      }
      await gateway.start();
    }
  });

  it('a follow whose gateway dies is cut, not ended, and is resumed by Last-Event-ID at the other', async () => {
    const followers = await Promise.all([follow(), follow(), follow(), follow()]);
    await Promise.all(followers.map((follower) => follower.until(({ entries }) => entries.length === 1)));
    node.journal.task(task, 'before the cut');
    await Promise.all(
      followers.map((follower) => follower.until(({ messages }) => messages.includes('before the cut'))),
    );
    await second.kill();
    node.journal.task(task, 'after the cut');
    await Promise.all(
      followers.map((one) => one.until(({ end, messages }) => end !== undefined || messages.includes('after the cut'))),
    );
    const cut = followers.filter(({ end }) => end !== undefined);
    expect(cut.length).toBeGreaterThan(0);
    expect(cut.length).toBeLessThan(followers.length);
    for (const follower of cut) {
      expect(follower.end).not.toBe('clean');
      expect(follower.messages.at(-1)).toBe('before the cut');
      const resumed = await follow({}, follower.lastEventId);
      await resumed.until(({ entries }) => entries.length > 0);
      expect(resumed.messages).toEqual(['after the cut']);
    }
    await second.start();
  });

  it.each(['--http1.1', '--http2'])('such a cut is an error for curl %s', async (version) => {
    const [first, other] = [cluster.gateway, second];
    await other.kill();
    const path = '/system/v1/logs/v1/stream/task/app.1?skip_prev=1';
    const child = spawn('curl', [
      ...['-sSN', version, '--cacert', edge.caFile, '-H', `@${cluster.authorizationFile}`, `${edge.https}${path}`],
    ]);
    const ended = once(child, 'exit');
    await once(child.stdout, 'data');
    await first.kill();
    // 18: transfer closed with outstanding data; 92: stream reset.
    expect([18, 92]).toContain((await ended)[0]);
    await Promise.all([first.start(), other.start()]);
  });
});

describe.skipIf(cannotRun(whyNoPrograms('nginx')))('the shipped nginx configuration', () => {
  it.each(['nginx.conf', 'container.conf'])('%s is accepted by nginx as it stands', (file) => {
    const directory = mkdtempSync(join(tmpdir(), 'clusterlog-nginx-'));
    try {
      copyShipped(directory);
      // Standard output is a socket here, which cannot be opened as /dev/stdout.
      const { stderr } = spawnSync('/usr/sbin/nginx', ['-t', '-p', directory, '-c', join(directory, file)], {
        stdio: ['ignore', 'ignore', 'pipe'],
        encoding: 'utf8',
      });
      expect(stderr).toContain('test is successful');
      expect(stderr).not.toMatch(/\[(warn|alert|emerg)\]/);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
