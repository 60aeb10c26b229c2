import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fixedAuthorization } from '@clusterlog/shared/server';
import { afterEach, describe, expect, it } from 'vitest';
import { MesosAgentId } from '../src/mesos-agent-id.ts';

const silent = { info() {}, warn() {} };
let server: Server | undefined;
afterEach(() => server?.close());

async function mesosAgent(answer: () => { status: number; body: string; wants?: string }): Promise<string> {
  server = createServer((request, response) => {
    const { status, body, wants } = answer();
    response
      .writeHead(wants !== undefined && request.headers.authorization !== wants ? 401 : status)
      .end(request.url === '/state' ? body : '');
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function asked(url: string, authorization?: string): Promise<MesosAgentId> {
  const credential = authorization === undefined ? undefined : fixedAuthorization(authorization);
  const id = new MesosAgentId(url, { credential }, silent);
  await id.start();
  id.close();
  return id;
}

describe('the Mesos agent id', () => {
  it('is the one the Mesos agent tells', async () => {
    const id = await asked(
      await mesosAgent(() => ({ status: 200, body: '{"id":"7b1f-S3","pid":"slave(1)@127.0.0.1:5051"}' })),
    );
    expect(id.current).toBe('7b1f-S3');
    expect(id.problem).toBeUndefined();
  });

  it('is asked for with the credential', async () => {
    const url = await mesosAgent(() => ({ status: 200, body: '{"id":"S0"}', wants: 'Basic eDp5' }));
    expect((await asked(url, 'Basic eDp5')).current).toBe('S0');
    expect((await asked(url)).problem).toContain('expected status 200, found 401');
  });

  it.each([
    ['has not recovered', { status: 503, body: 'Agent has not finished recovery' }, 'expected status 200, found 503'],
    ['has none yet', { status: 200, body: '{"id":""}' }, 'expected an id in the state, found none'],
    ['answers nonsense', { status: 200, body: '<html>' }, 'JSON'],
  ])('stays unknown, with the reason, when the agent %s', async (_case, answer, problem) => {
    const id = await asked(await mesosAgent(() => answer));
    expect(id.current).toBeUndefined();
    expect(id.problem).toContain(problem);
  });

  it('stays the last known one while the agent restarts, and changes with it', async () => {
    let answer = { status: 200, body: '{"id":"S0"}' };
    const url = await mesosAgent(() => answer);
    const id = new MesosAgentId(url, {}, silent);
    await id.start();
    answer = { status: 503, body: '' };
    await id.start();
    expect(id.current).toBe('S0');
    expect(id.problem).toContain('503');
    answer = { status: 200, body: '{"id":"S9"}' };
    await id.start();
    id.close();
    expect(id.current).toBe('S9');
  });
});
