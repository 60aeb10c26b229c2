import { once } from 'node:events';
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { Metrics } from '@clusterlog/shared/server';
import { describe, expect, test } from 'vitest';
import { createAgentDispatcher } from '../../src/proxy/agent-dispatcher.ts';
import { keyDirectory, secret, sign } from '../auth/keys.ts';
import { closedPort, getAs, startAgent, startGateway } from '../gateway.ts';
import { recordingLog } from '../recording-log.ts';

const secretPath = keyDirectory()('secret', secret);
const path = '/system/v1/agent/S1/logs/v1/range/';
const json = { accept: 'application/json' };

describe('an agent that', () => {
  test('does not listen is 502 and its address is not told', async () => {
    const agentPort = await closedPort();
    const { port } = await startGateway(secretPath, { agentPort });
    for (const headers of [{}, json]) {
      const { status, body } = await getAs('alice', port, path, headers);
      expect(status).toBe(502);
      expect(body).not.toContain(String(agentPort));
      expect(body).not.toContain('127.0.0.1');
      expect(body).toContain('S1');
    }
    expect(JSON.parse((await getAs('alice', port, path, json)).body)).toMatchObject({ code: 'agent-unreachable' });
  });

  test('has a name nobody can resolve is 502', async () => {
    const overrides = new Map([['S1', 'http://no-such-host.invalid:1']]);
    const { port } = await startGateway(secretPath, { addressing: { overrides } });
    const { status, body } = await getAs('alice', port, path, json);
    expect(status).toBe(502);
    expect(body).not.toContain('invalid');
  });

  test('closes the connection instead of answering is 502', async () => {
    const { port: agentPort } = await startAgent((request) => request.socket.destroy());
    const { port } = await startGateway(secretPath, { agentPort });
    expect(await getAs('alice', port, path)).toMatchObject({ status: 502 });
  });

  test('sends something that is not HTTP is 502', async () => {
    const { port: agentPort } = await startAgent((request) => request.socket.end('SSH-2.0-OpenSSH\r\n'));
    const { port } = await startGateway(secretPath, { agentPort });
    expect(await getAs('alice', port, path)).toMatchObject({ status: 502 });
  });

  test('does not answer in time is 504', async () => {
    const { port: agentPort } = await startAgent(() => undefined);
    const dispatcher = createAgentDispatcher(undefined, { headers: 50 });
    const { port } = await startGateway(secretPath, { agentPort, dispatcher });
    const { status, body } = await getAs('alice', port, path, json);
    expect([status, JSON.parse(body).code]).toEqual([504, 'agent-timeout']);
  });

  test('is overloaded is asked once, and its 503 passed on', async () => {
    let asked = 0;
    const { port: agentPort } = await startAgent((_request, response) => {
      asked++;
      response.writeHead(503, { 'retry-after': '1' }).end('busy\n');
    });
    const { port } = await startGateway(secretPath, { agentPort });
    expect(await getAs('alice', port, path)).toMatchObject({ status: 503, body: 'busy\n' });
    expect(asked).toBe(1);
  });

  test('is searching when the caller goes away is told at once, and stands in the log as aborted', async () => {
    const log = recordingLog();
    const { port: agentPort, server } = await startAgent(() => undefined);
    const asked = once(server, 'request') as Promise<[IncomingMessage, ServerResponse]>;
    const { port } = await startGateway(secretPath, {
      agentPort,
      server: { log: log.logger, accessLog: true, metrics: new Metrics() },
    });
    const caller = request({ port, path, headers: { authorization: `token=${await sign({})}` } });
    caller.on('error', () => undefined).end();
    const [, answer] = await asked;
    const told = once(answer, 'close');
    caller.destroy();
    await told;
    await log.line((line) => line.msg === 'request');
    expect(log.lines.filter(({ level }) => level >= 40)).toEqual([]);
    expect(log.lines.find(({ msg }) => msg === 'request')).toMatchObject({ audit: { outcome: 'aborted' } });
  });

  test('fails is one warning in the log, with the address and the cause', async () => {
    const log = recordingLog();
    const agentPort = await closedPort();
    const { port } = await startGateway(secretPath, {
      agentPort,
      server: { log: log.logger, accessLog: true, metrics: new Metrics() },
    });
    await getAs('alice', port, path);
    await log.line((line) => line.msg === 'request');
    const warnings = log.lines.filter(({ level }) => level >= 40);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatchObject({
      code: 'agent-unreachable',
      err: { message: expect.stringContaining(String(agentPort)) },
    });
  });

  test('answers when the caller has gone hurts nobody', async () => {
    const asked = Promise.withResolvers<ServerResponse>();
    const { port: agentPort } = await startAgent((request, response) => {
      if (request.url?.includes('slow')) asked.resolve(response);
      else response.end('line\n');
    });
    const { app, port } = await startGateway(secretPath, { agentPort });
    const gone = Promise.withResolvers<void>();
    app.server.once('request', ({ socket }: IncomingMessage) => socket.once('close', gone.resolve));
    const caller = request({ port, path: `${path}?slow`, headers: { authorization: `token=${await sign({})}` } });
    caller.on('error', () => undefined).end();
    const answer = await asked.promise;
    caller.destroy();
    await gone.promise;
    answer.write('too late');
    await once(answer, 'close');
    expect(await getAs('alice', port, path)).toMatchObject({ status: 200, body: 'line\n' });
  });

  test('refuses the gateway’s token is 502: the caller’s own token is fine', async () => {
    const { port: agentPort } = await startAgent((_request, response) => {
      response
        .writeHead(401, {
          'www-authenticate': 'Bearer',
          'content-type': 'text/plain',
          'content-length': '3',
          'x-agent': '1',
        })
        .end('no\n');
    });
    const { port, metrics } = await startGateway(secretPath, { agentPort });
    const { status, headers, body } = await getAs('alice', port, path, json);
    expect([status, JSON.parse(body).code]).toEqual([502, 'agent-refused']);
    expect(await metrics.registry.metrics()).toContain('clusterlog_errors_total{code="agent-refused"} 1');
    expect(headers['www-authenticate']).toBeUndefined();
    expect(headers['x-agent']).toBeUndefined();
  });

  test.each([
    ['ahead of', 60_000, 60, 40],
    ['behind', -20_000, 20, 15],
  ])(
    'refuses the gateway’s token because its clock is %s ours is 502, and says by how much',
    async (where, offset, seconds, limit) => {
      const { port: agentPort } = await startAgent((_request, response) => {
        response.writeHead(401, { date: new Date(Date.now() + offset).toUTCString() }).end();
      });
      const { port, metrics } = await startGateway(secretPath, { agentPort });
      const { status, body } = await getAs('alice', port, path, json);
      expect([status, JSON.parse(body).code]).toEqual([502, 'clocks-apart']);
      const [, found = ''] = /its clock is (\d+) s /.exec(JSON.parse(body).detail) ?? [];
      expect(Math.abs(Number(found) - seconds)).toBeLessThanOrEqual(1);
      expect(body).toContain(`${found} s ${where} the gateway’s, and at most ${limit} s are tolerated`);
      expect(await metrics.registry.metrics()).toContain('clusterlog_errors_total{code="clocks-apart"} 1');
    },
  );

  test.each([30_000, -10_000])(
    'refuses the gateway’s token with a clock that is %d ms off has another reason',
    async (offset) => {
      const { port: agentPort } = await startAgent((_request, response) => {
        response.writeHead(401, { date: new Date(Date.now() + offset).toUTCString() }).end();
      });
      const { port } = await startGateway(secretPath, { agentPort });
      expect(JSON.parse((await getAs('alice', port, path, json)).body).code).toBe('agent-refused');
    },
  );
});
