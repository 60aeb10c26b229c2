import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { Metrics } from '@clusterlog/shared/server';
import { describe, expect, test } from 'vitest';
import { everyoneReadsEverything } from '../../src/policy/everyone-reads-everything.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { createAgentDispatcher } from '../../src/proxy/agent-dispatcher.ts';
import { keyDirectory, now, secret, sign } from '../auth/keys.ts';
import { getAs, open, startAgent, startGateway } from '../gateway.ts';
import { recordingLog } from '../recording-log.ts';

const secretPath = keyDirectory()('secret', secret);
const range = '/system/v1/agent/S1/logs/v1/range/';
const stream = '/system/v1/agent/S1/logs/v1/stream/';

const authorization = async (exp = now() + 3600) => ({ headers: { authorization: `token=${await sign({ exp })}` } });

/** An agent whose answers the test writes itself. */
async function agentByHand() {
  const answers: ServerResponse[] = [];
  const waiting: ((response: ServerResponse) => void)[] = [];
  const { port } = await startAgent((_request, response) => {
    const take = waiting.shift();
    if (take === undefined) answers.push(response);
    else take(response);
  });
  const next = (): Promise<ServerResponse> => {
    const answer = answers.shift();
    return answer === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(answer);
  };
  return { port, next };
}

describe('a follow through the gateway', () => {
  test('arrives line by line, unbuffered, headers first', async () => {
    const agent = await agentByHand();
    const { port } = await startGateway(secretPath, { agentPort: agent.port });
    const opened = open(port, stream, await authorization());
    const answer = await agent.next();
    answer.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    const response = await opened;
    expect(response.headers['content-type']).toBe('text/event-stream');
    for (const line of ['data: 1\n\n', 'data: 2\n\n', ': ping\n\n']) {
      answer.write(line);
      const [chunk] = await once(response, 'data');
      expect(String(chunk)).toBe(line);
    }
    response.destroy();
  });

  test('ends at the agent when the client goes away', async () => {
    const agent = await agentByHand();
    const { port } = await startGateway(secretPath, { agentPort: agent.port });
    const opened = open(port, stream, await authorization());
    const answer = await agent.next();
    answer.writeHead(200).write('1');
    (await opened).destroy();
    await once(answer, 'close');
    expect(answer.writableFinished).toBe(false);
  });

  test('is cut, not ended, when the agent’s answer is cut', async () => {
    const agent = await agentByHand();
    const { port } = await startGateway(secretPath, { agentPort: agent.port });
    const opened = open(port, stream, await authorization());
    const answer = await agent.next();
    answer.writeHead(200).write('1');
    const response = await opened;
    response.resume();
    answer.destroy();
    await expect(once(response, 'end')).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  test('is cut when the caller’s token ends', async () => {
    const agent = await agentByHand();
    const { port } = await startGateway(secretPath, { agentPort: agent.port });
    const opened = open(port, stream, await authorization(now() + 2));
    const answer = await agent.next();
    answer.writeHead(200).write('1');
    const response = await opened;
    response.resume();
    await expect(once(response, 'end')).rejects.toMatchObject({ code: 'ECONNRESET' });
    await once(answer, 'close');
  });

  test('is cut at its greatest age', async () => {
    const agent = await agentByHand();
    const { port } = await startGateway(secretPath, { agentPort: agent.port, maxFollowAge: 0.1 });
    const opened = open(port, stream, await authorization());
    (await agent.next()).writeHead(200).write('1');
    const response = await opened;
    response.resume();
    await expect(once(response, 'end')).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  test.each([
    ['max-age', 0.1, undefined],
    // Long enough for a loaded machine to begin with it.
    ['token-expired', 86_400, 3],
  ])(
    'that is cut by the gateway stands in the audit line with the reason: %s',
    async (cut, maxFollowAge, lives) => {
      const log = recordingLog();
      const agent = await agentByHand();
      const { port } = await startGateway(secretPath, {
        agentPort: agent.port,
        maxFollowAge,
        server: { log: log.logger, accessLog: true, metrics: new Metrics() },
      });
      const opened = open(port, stream, await authorization(lives === undefined ? undefined : now() + lives));
      (await agent.next()).writeHead(200).flushHeaders();
      (await opened).resume().on('error', () => undefined);
      await log.line(({ msg }) => msg === 'request');
      expect(log.lines.find(({ msg }) => msg === 'request')).toMatchObject({ audit: { outcome: 'cut', cut } });
    },
    30_000,
  );

  test('is cut when a changed policy takes away what it reads, and only then', async () => {
    const everything = everyoneReadsEverything({ stream: false, trusted: [] });
    let version = 1;
    let refused = '';
    const policy: Policy = {
      description: 'changing',
      get version() {
        return version;
      },
      decide: (caller, subject) =>
        caller.uid === refused ? { allowed: false, reason: 'changed' } : everything.decide(caller, subject),
    };
    const agent = await agentByHand();
    const { port } = await startGateway(secretPath, { agentPort: agent.port, policy });
    const follows = [];
    for (const uid of ['alice', 'bob']) {
      const opened = open(port, stream, { headers: { authorization: `token=${await sign({ uid })}` } });
      const answer = await agent.next();
      answer.writeHead(200).write('1');
      follows.push({ answer, response: (await opened).resume() });
    }
    const [alice, bob] = follows;
    refused = 'bob';
    version += 1;
    await expect(once(bob?.response as Readable, 'end')).rejects.toMatchObject({ code: 'ECONNRESET' });
    alice?.answer.end('the end');
    await once(alice?.response as Readable, 'end');
  });

  test('of a component is what comes as events, and nothing else', async () => {
    const agent = await agentByHand();
    const { port, metrics } = await startGateway(secretPath, { agentPort: agent.port, maxFollowAge: 0.1 });
    const component = '/system/v1/agent/S1/logs/v2/component/a.service';
    const read = async (type: string) => {
      const opened = open(port, component, await authorization());
      const answer = await agent.next();
      answer.writeHead(200, { 'content-type': type }).write('1');
      return { answer, response: await opened };
    };
    const range = await read('application/json');
    expect(await metrics.registry.metrics()).toContain('clusterlog_open_follows 0');
    const events = await read('text/event-stream');
    events.response.resume();
    await expect(once(events.response, 'end')).rejects.toMatchObject({ code: 'ECONNRESET' });
    range.response.resume();
    range.answer.end('2');
    await once(range.response, 'end');
  });

  test('is cut, not ended, when the gateway closes', async () => {
    const agent = await agentByHand();
    const { app, port, metrics } = await startGateway(secretPath, { agentPort: agent.port });
    const opened = open(port, stream, await authorization());
    (await agent.next()).writeHead(200).write('1');
    const response = await opened;
    response.resume();
    expect(await metrics.registry.metrics()).toContain('clusterlog_open_follows 1');
    const cut = expect(once(response, 'end')).rejects.toMatchObject({ code: 'ECONNRESET' });
    await app.close();
    await cut;
    expect(await metrics.registry.metrics()).toContain('clusterlog_open_follows 0');
  });

  test('is one of as many as there are callers: 150 of one agent at once', async () => {
    const { port: agentPort } = await startAgent((_request, response) => {
      response.writeHead(200).write('1');
    });
    const { port, metrics } = await startGateway(secretPath, { agentPort });
    const token = await authorization();
    const responses = await Promise.all(Array.from({ length: 150 }, () => open(port, stream, token)));
    expect(responses.every(({ statusCode }) => statusCode === 200)).toBe(true);
    expect(await metrics.registry.metrics()).toContain('clusterlog_open_follows 150');
    for (const response of responses) response.destroy();
  });

  test('stays open however long it is silent, while a silent range is given up', async () => {
    const agent = await agentByHand();
    const dispatcher = createAgentDispatcher(undefined, { range: 50 });
    const { port } = await startGateway(secretPath, { agentPort: agent.port, dispatcher });
    const token = await authorization();
    const openedFollow = open(port, stream, token);
    const followAnswer = await agent.next();
    followAnswer.writeHead(200).write('1');
    const follow = await openedFollow;
    const openedRange = open(port, range, token);
    (await agent.next()).writeHead(200).write('1');
    const silent = await openedRange;
    silent.resume();
    await expect(once(silent, 'end')).rejects.toMatchObject({ code: 'ECONNRESET' });
    follow.resume();
    followAnswer.end('2');
    await once(follow, 'end');
  });
});

describe('a range through the gateway', () => {
  test('holds the agent back while the client does not read', async () => {
    let written = 0;
    const stalled = Promise.withResolvers<void>();
    const { port: agentPort } = await startAgent((_request, response) => {
      const chunk = Buffer.alloc(256 * 1024);
      const write = () => {
        while (written < 512 * 1024 * 1024) {
          written += chunk.length;
          if (response.write(chunk)) continue;
          const timer = setTimeout(() => stalled.resolve(), 500);
          response.once('drain', () => {
            clearTimeout(timer);
            write();
          });
          return;
        }
        stalled.resolve();
      };
      write();
    });
    const { port } = await startGateway(secretPath, { agentPort });
    const response = await open(port, range, await authorization());
    await stalled.promise;
    expect(written).toBeLessThan(64 * 1024 * 1024);
    response.destroy();
  });

  test('passes 204 and errors of the agent on as they are', async () => {
    const { port: agentPort } = await startAgent((request, response) => {
      if (request.url?.includes('none')) response.writeHead(204, { 'x-journal-skip-prev': '0' }).end();
      else response.writeHead(400, { 'content-type': 'text/plain; charset=utf-8' }).end('Message: no [..]\n');
    });
    const { port } = await startGateway(secretPath, { agentPort });
    expect(await getAs('alice', port, `${range}?none`)).toMatchObject({
      status: 204,
      headers: { 'x-journal-skip-prev': '0' },
      body: '',
    });
    expect(await getAs('alice', port, `${range}?limit=-1`)).toMatchObject({
      status: 400,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body: 'Message: no [..]\n',
    });
  });
});
