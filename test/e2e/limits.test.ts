import { once } from 'node:events';
import { connect } from 'node:net';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DevCluster } from '../dev-cluster/cluster.ts';
import { Follower } from './follower.ts';

const count = 8_000;
/** With it, all entries are more than sockets and the services between hold. */
const padding = 'x'.repeat(4_000);

describe('a gateway with narrow limits', () => {
  let cluster: DevCluster;

  beforeAll(async () => {
    cluster = await DevCluster.start({
      nodes: 1,
      gatewayArguments: ['--max-stall', '1s', '--max-range-size', '4', '--requests-per-minute', '200'],
    });
    const [node] = cluster.nodes;
    if (node === undefined) throw new Error('a cluster without a node');
    const task = cluster.launch(node, 'app.1');
    for (let line = 0; line < count; line++) node.journal.task(task, `line ${line} ${padding}`);
    const last = async () => (await cluster.get(`${range}?skip_prev=1`)).text;
    await vi.waitUntil(async () => (await last()).includes(`line ${count - 1} `), { timeout: 15_000 });
  });
  afterAll(() => cluster?.stop());

  const range = '/system/v1/logs/v1/range/task/app.1';
  const stream = '/system/v1/logs/v1/stream/task/app.1';
  const lineOf = (message = ''): number => Number(/^line (\d+) /.exec(message)?.[1]);

  it('cuts a follower that stops reading, who goes on after the last entry that he has, without loss or repetition', async () => {
    const { hostname, port } = new URL(cluster.gateway.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
      // It has begun; and nothing more is taken.
      if (text.includes('line 10 ')) socket.pause();
    });
    const lines = [`GET ${stream} HTTP/1.1`, 'Host: x', `Authorization: token=${cluster.token}`];
    socket.write(`${[...lines, 'Accept: text/event-stream'].join('\r\n')}\r\n\r\n`);
    await vi.waitUntil(() => cluster.gateway.log().includes('"cut":"stalled"'), { timeout: 20_000 });
    socket.removeAllListeners('data').on('data', (chunk) => {
      text += chunk;
    });
    socket.resume();
    if (!socket.closed) await once(socket, 'close');
    expect(text.endsWith('0\r\n\r\n')).toBe(false);

    // What is behind the last empty line is no event.
    const body = text.slice(text.indexOf('\r\n\r\n') + 4).replace(/(^|\r\n)[0-9a-f]+\r\n/g, '');
    const events = body.split('\n\n').slice(0, -1);
    const ids = events.flatMap((event) => /^id: (.+)$/m.exec(event)?.[1] ?? []);
    const seen = events.flatMap((event) => {
      const data = /^data: (.+)$/m.exec(event)?.[1];
      return data === undefined ? [] : [lineOf((JSON.parse(data) as { fields: { MESSAGE: string } }).fields.MESSAGE)];
    });
    expect(seen.length).toBeLessThan(count);
    const url = `${cluster.gateway.url}${stream}`;
    const follower = await Follower.open({ url, token: cluster.token, lastEventId: ids.at(-1) });
    try {
      await follower.until(({ messages }) => lineOf(messages.at(-1)) === count - 1);
      expect([...seen, ...follower.messages.map(lineOf)]).toEqual(Array.from({ length: count }, (_, line) => line));
    } finally {
      follower.close();
    }
  }, 60_000);

  it('cuts a range that is too large, whose reader goes on after the last entry that he has', async () => {
    const seen: number[] = [];
    let cursor: string | undefined;
    let cuts = 0;
    while (seen.at(-1) !== count - 1) {
      const after = cursor === undefined ? '' : `?skip_next=1&cursor=${encodeURIComponent(cursor)}`;
      const { lines, isWhole } = await readSlowly(`${range}${after}`);
      expect(lines.length).toBeGreaterThan(0);
      for (const line of lines) {
        const entry = JSON.parse(line) as { fields: { MESSAGE: string }; cursor: string };
        seen.push(lineOf(entry.fields.MESSAGE));
        ({ cursor } = entry);
      }
      if (!isWhole) cuts++;
    }
    expect(seen).toEqual(Array.from({ length: count }, (_, line) => line));
    expect(cuts).toBeGreaterThan(0);
    expect(cluster.gateway.log()).toContain('"cut":"range-too-large"');
  }, 60_000);

  it('tells who asks too often what is left and when to come again', async () => {
    const first = await request(`${cluster.gateway.url}${range}?limit=1`, {
      headers: { authorization: `token=${cluster.token}` },
    });
    await first.body.dump();
    expect(first.headers).toMatchObject({
      'ratelimit-limit': '200',
      'ratelimit-remaining': expect.stringMatching(/^\d+$/),
      'ratelimit-reset': expect.stringMatching(/^\d+$/),
    });
    for (let asked = 0; asked < 200; asked++) {
      const { statusCode, headers, body } = await request(`${cluster.gateway.url}${range}?limit=1`, {
        headers: { authorization: `token=${cluster.token}` },
      });
      await body.dump();
      if (statusCode !== 429) continue;
      expect(headers).toMatchObject({ 'ratelimit-remaining': '0', 'retry-after': expect.stringMatching(/^[1-9]\d?$/) });
      return;
    }
    throw new Error('201 requests within a minute were answered');
  }, 60_000);

  /** Reads so slowly that a range takes some seconds; the lines that came whole. */
  async function readSlowly(path: string): Promise<{ lines: string[]; isWhole: boolean }> {
    const { statusCode, body } = await request(`${cluster.gateway.url}${path}`, {
      headers: { authorization: `token=${cluster.token}`, accept: 'application/json' },
    });
    expect(statusCode).toBe(200);
    let text = '';
    let isWhole = true;
    try {
      for await (const chunk of body) {
        text += chunk;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    } catch {
      isWhole = false;
    }
    const lines = text.split('\n');
    // What is behind the last end of a line is a part of one.
    lines.pop();
    return { lines, isWhole };
  }
});
