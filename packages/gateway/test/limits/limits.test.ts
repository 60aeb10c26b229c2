import { describe, expect, test } from 'vitest';
import { type Limits, usualLimits } from '../../src/limits/limits.ts';
import { keyDirectory, secret, sign } from '../auth/keys.ts';
import { get, getAs, open, startAgent, startGateway } from '../gateway.ts';

const secretPath = keyDirectory()('secret', secret);
const range = '/system/v1/agent/S1/logs/v1/range/';
const stream = '/system/v1/agent/S1/logs/v1/stream/';
const component = '/system/v1/agent/S1/logs/v2/component/sshd';

async function gateway(limits: Partial<Limits>) {
  let asked = 0;
  let endOf: (() => void) | undefined;
  const ended = new Promise<void>((resolve) => {
    endOf = resolve;
  });
  const { port: agentPort } = await startAgent((request, response) => {
    asked++;
    response.once('close', () => endOf?.());
    if (request.url?.includes('/range/')) response.end('line\n');
    else response.writeHead(200, { 'content-type': request.headers.accept ?? 'text/plain' }).write(': ping\n\n');
  });
  const started = await startGateway(secretPath, { agentPort, limits: { ...usualLimits, ...limits } });
  return { ...started, asked: () => asked, ended };
}

async function countOf({ metrics }: Awaited<ReturnType<typeof gateway>>, code: string) {
  const { values } = await metrics.errors.get();
  return values.find(({ labels }) => labels.code === code)?.value;
}

async function openAs(uid: string, port: number, path: string, headers: Record<string, string> = {}) {
  return open(port, path, { headers: { authorization: `token=${await sign({ uid })}`, ...headers } });
}

describe('the request rate', () => {
  test('is told in every answer', async () => {
    const { port } = await gateway({ requestsPerMinute: 3 });
    const { headers } = await getAs('ann', port, range);
    expect(headers).toMatchObject({ 'ratelimit-limit': '3', 'ratelimit-remaining': '2' });
    expect(Number(headers['ratelimit-reset'])).toBeGreaterThan(0);
  });

  test('is bounded for one caller: one request more is 429 with Retry-After, and no agent is asked', async () => {
    const started = await gateway({ requestsPerMinute: 2 });
    const { port, asked } = started;
    await getAs('ann', port, range);
    await getAs('ann', port, range);
    const { status, headers, body } = await getAs('ann', port, range);
    expect(status).toBe(429);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect(headers['ratelimit-remaining']).toBe('0');
    expect(body).toContain('You have sent 2 requests within a minute');
    expect(asked()).toBe(2);
    expect(await countOf(started, 'too-many-requests')).toBe(1);
  });

  test('of one caller leaves the others alone', async () => {
    const { port } = await gateway({ requestsPerMinute: 1 });
    await getAs('ann', port, range);
    expect((await getAs('ann', port, range)).status).toBe(429);
    expect((await getAs('bob', port, range)).status).toBe(200);
  });

  test('counts routes that are not there', async () => {
    const { port } = await gateway({ requestsPerMinute: 1 });
    expect((await getAs('ann', port, '/nothing')).status).toBe(404);
    expect((await getAs('ann', port, '/nothing')).status).toBe(429);
  });

  test('does not count health checks, nor callers without a token', async () => {
    const { port } = await gateway({ requestsPerMinute: 1 });
    for (let i = 0; i < 3; i++) {
      const { status, headers } = await get(port, '/health/live');
      expect(status).toBe(200);
      expect(headers).not.toHaveProperty('ratelimit-limit');
      expect((await get(port, range)).status).toBe(401);
    }
    expect((await getAs('ann', port, range)).status).toBe(200);
  });

  test('is refused as problem details to who asks for JSON', async () => {
    const { port } = await gateway({ requestsPerMinute: 1 });
    await getAs('ann', port, range);
    const { body } = await getAs('ann', port, range, { accept: 'application/json' });
    expect(JSON.parse(body)).toMatchObject({ status: 429, code: 'too-many-requests' });
  });
});

describe('follows', () => {
  test('of one caller are bounded: one more is 429 with Retry-After', async () => {
    const started = await gateway({ followsPerCaller: 1 });
    const { port, asked } = started;
    const first = await openAs('ann', port, stream);
    const { status, headers, body } = await getAs('ann', port, stream);
    expect(status).toBe(429);
    expect(headers['retry-after']).toBe('30');
    expect(body).toContain('You have 1 follows open');
    expect(asked()).toBe(1);
    expect(await countOf(started, 'too-many-follows-of-caller')).toBe(1);
    first.destroy();
  });

  test('of all callers are bounded: one more is 503 with Retry-After', async () => {
    const started = await gateway({ follows: 1 });
    const { port } = started;
    const first = await openAs('ann', port, stream);
    const { status, headers } = await getAs('bob', port, stream);
    expect(status).toBe(503);
    expect(headers['retry-after']).toBe('30');
    expect(await countOf(started, 'too-many-follows')).toBe(1);
    first.destroy();
  });

  test('give their place back when they end', async () => {
    const { port, ended } = await gateway({ follows: 1 });
    (await openAs('ann', port, stream)).destroy();
    await ended;
    const again = await openAs('ann', port, stream);
    expect(again.statusCode).toBe(200);
    again.destroy();
  });

  test('are those that Accept makes of a component, too, and no ranges', async () => {
    const { port } = await gateway({ follows: 1 });
    const events = { accept: 'text/event-stream' };
    const first = await openAs('ann', port, component, events);
    expect((await getAs('ann', port, component, events)).status).toBe(503);
    expect((await getAs('ann', port, range)).status).toBe(200);
    first.destroy();
  });

  test('have no more listeners than Node expects: it would warn of a leak', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    try {
      const { port } = await gateway({});
      const first = await openAs('ann', port, stream);
      first.destroy();
      // Warnings are told a turn later.
      await new Promise(setImmediate);
      expect(warnings.map(({ message }) => message)).toEqual([]);
    } finally {
      process.off('warning', onWarning);
    }
  });
});
