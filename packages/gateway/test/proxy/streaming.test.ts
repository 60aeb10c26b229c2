import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { mediaTypes } from '@clusterlog/shared';
import { Metrics } from '@clusterlog/shared/server';
import { describe, expect, test } from 'vitest';
import { compileRules } from '../../src/policy/compiled-rules.ts';
import { FilePolicy } from '../../src/policy/file-policy.ts';
import { parsePolicy } from '../../src/policy/parse-policy.ts';
import { createAgentDispatcher } from '../../src/proxy/agent-dispatcher.ts';
import { keyDirectory, now, secret, sign } from '../auth/keys.ts';
import { getAs, indexOf, open, startAgent, startGateway, task } from '../gateway.ts';
import { recordingLog } from '../recording-log.ts';

const secretPath = keyDirectory()('secret', secret);
const range = '/system/v1/agent/S1/logs/v1/range/';
const stream = '/system/v1/agent/S1/logs/v1/stream/';

const authorization = async (exp = now() + 3600) => ({ headers: { authorization: `token=${await sign({ exp })}` } });

/** A follow of every kind that the gateway passes through; v2's are follows as events alone. */
const followPaths = [
  'v1/stream/',
  'v1/stream/framework/F1/executor/app.1/container/root.c',
  'v2/component',
  'v2/component/a.service',
  'v2/task/frameworks/F1/executors/app.1/runs/root.c/stdout',
  'v2/task/frameworks/F1/executors/app.1/runs/root/tasks/app.1/stdout',
].map((path) => `/system/v1/agent/S1/logs/${path}`);

const index = indexOf({ tasks: [task('app.1', { containerId: 'root.c' })] });

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

interface Follow {
  readonly path: string;
  readonly answer: ServerResponse;
  readonly response: IncomingMessage;
}

/** Opens a follow of every kind, one after the other, so that each is known by its agent's answer. */
async function openAll(agent: Awaited<ReturnType<typeof agentByHand>>, port: number, token: string) {
  const follows: Follow[] = [];
  for (const path of followPaths) {
    const opened = open(port, path, { headers: { authorization: `token=${token}`, accept: mediaTypes.eventStream } });
    const answer = await agent.next();
    answer.writeHead(200, { 'content-type': mediaTypes.eventStream }).write(': ping\n\n');
    const response = (await opened).resume().on('error', () => undefined);
    follows.push({ path, answer, response });
  }
  return follows;
}

const stillOpen = (follows: readonly Follow[]) =>
  follows.filter(({ response }) => !response.destroyed).map(({ path }) => path);

/** Waits until all of them are cut, for the caller and for the agent, and none has come to an end. */
async function untilCut(follows: readonly Follow[]): Promise<void> {
  await expect.poll(() => stillOpen(follows), { timeout: 15_000 }).toEqual([]);
  expect(follows.filter(({ response }) => response.complete).map(({ path }) => path)).toEqual([]);
  await expect.poll(() => follows.filter(({ answer }) => !answer.destroyed).map(({ path }) => path)).toEqual([]);
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

  test('is cut when the caller’s token ends, of whatever kind it is, and stands so in the audit line', async () => {
    const log = recordingLog();
    const agent = await agentByHand();
    const server = { log: log.logger, accessLog: true, metrics: new Metrics() };
    const { port } = await startGateway(secretPath, { agentPort: agent.port, index, server });
    // Long enough for a loaded machine to begin with all of them.
    await untilCut(await openAll(agent, port, await sign({ exp: now() + 3 })));
    const requests = () => log.lines.filter(({ msg }) => msg === 'request');
    await expect.poll(() => requests().length).toBe(followPaths.length);
    for (const line of requests()) expect(line).toMatchObject({ audit: { outcome: 'cut', cut: 'token-expired' } });
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

  test('that is cut at its greatest age stands so in the audit line', async () => {
    const log = recordingLog();
    const agent = await agentByHand();
    const { port } = await startGateway(secretPath, {
      agentPort: agent.port,
      maxFollowAge: 0.1,
      server: { log: log.logger, accessLog: true, metrics: new Metrics() },
    });
    const opened = open(port, stream, await authorization());
    (await agent.next()).writeHead(200).flushHeaders();
    (await opened).resume().on('error', () => undefined);
    await log.line(({ msg }) => msg === 'request');
    expect(log.lines.find(({ msg }) => msg === 'request')).toMatchObject({ audit: { outcome: 'cut', cut: 'max-age' } });
  });

  test('is cut when a changed policy takes away what it reads, of whatever kind it is, and only then', async () => {
    const inForce = (version: number, text: string) => ({
      version,
      rules: compileRules(parsePolicy(`version: 1\nrules:\n${text}`)),
    });
    const operators = '  - { who: { uid: [alice] }, allow: [everything] }\n';
    let current = inForce(1, `${operators}  - { who: { uid: [bob] }, allow: [everything] }\n`);
    const policy = new FilePolicy({
      path: 'policy.yaml',
      rules: () => current,
      forms: { stream: false, trusted: [] },
      index,
    });
    const agent = await agentByHand();
    const { port } = await startGateway(secretPath, { agentPort: agent.port, policy, index });
    const alice = await openAll(agent, port, await sign({ uid: 'alice' }));
    const bob = await openAll(agent, port, await sign({ uid: 'bob' }));
    // Bob keeps the task whose file it is, and nothing else of the node.
    current = inForce(2, `${operators}  - { who: { uid: [bob] }, allow: [{ tasks: { id: [app.1] } }] }\n`);
    const files = bob.filter(({ path }) => path.includes('/v2/task/'));
    await untilCut(bob.filter((follow) => !files.includes(follow)));
    expect(stillOpen(files)).toHaveLength(2);
    current = inForce(3, operators);
    await untilCut(files);
    for (const { answer, response } of alice) {
      answer.end();
      await once(response, 'end');
    }
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
