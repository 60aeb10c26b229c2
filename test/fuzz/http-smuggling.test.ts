import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RecordingServer } from '../conformance/recording-server.ts';
import { DevCluster } from '../dev-cluster/cluster.ts';
import { NginxEdge } from '../fixtures/nginx.ts';
import { cannotRun, whyNoPrograms } from '../fixtures/requirements.ts';
import { answersTo, type RawAnswers } from './http-answers.ts';
import { type Shape, shapes } from './http-shapes.ts';

/** Statuses that say that something is no request, or none that is served. */
const refusals = [400, 401, 404, 405, 408, 411, 413, 414, 417, 431, 501, 505];
/** A server waits for the rest of a request for 15 s. */
const patience = 25_000;

describe.skipIf(cannotRun(whyNoPrograms('nginx')))('bytes that two servers could read differently', () => {
  let cluster: DevCluster;
  let agent: RecordingServer;
  let edge: NginxEdge;

  beforeAll(async () => {
    cluster = await DevCluster.start({ nodes: 1 });
    const [node] = cluster.nodes;
    await node?.agent.kill();
    // In the agent's place: it tells what of a request gets as far.
    agent = await RecordingServer.start('127.0.0.1', Number(new URL(node?.agent.url ?? '').port));
    edge = await NginxEdge.start([cluster.gateway.url]);
  });
  afterAll(async () => {
    await edge?.stop();
    await agent?.stop();
    await cluster?.stop();
  });

  /** Sends each shape, and behind it a request that closes the connection; says what was wrong, by shape. */
  async function problemsOf(setUp: 'gateway' | 'nginx', origin: string, ca?: string): Promise<string[]> {
    const path = `/system/v1/agent/${cluster.nodes[0]?.agentId}/logs/v1/range/`;
    const authorization = `Authorization: token=${cluster.token}`;
    const request = (target: string) =>
      `GET ${target} HTTP/1.1\r\nHost: cluster.example\r\n${authorization}\r\nConnection: close\r\n\r\n`;
    const problems = await Promise.all(
      shapes.map(async (shape, index) => {
        const mark = `${setUp}-${index}-`;
        const bytes = shape.bytes({
          target: `${path}?filter=MEANT:${mark}`,
          authorization,
          smuggled: request(`${path}?filter=SMUGGLED:${mark}`),
        });
        const got = await answersTo(origin, `${bytes}${request('/health/live')}`, patience, ca);
        const asked = agent.requests.map(({ url = '' }) => url).filter((url) => url.includes(`:${mark}`));
        const is = (setUp === 'nginx' ? shape.toNginx : undefined) ?? shape.is;
        return [...problemsOfAnswers(is, got), ...problemsAtAgent(is, asked)].map(
          (problem) => `${shape.name}: ${problem}: ${JSON.stringify(got).slice(0, 600)}`,
        );
      }),
    );
    return problems.flat();
  }

  it('are answered by the gateway once for each request that they are, or refused', async () => {
    expect(await problemsOf('gateway', cluster.gateway.url)).toEqual([]);
    expect(shapes.length).toBeGreaterThan(90);
  }, 60_000);

  it('are no more to the gateway behind nginx', async () => {
    expect(await problemsOf('nginx', edge.https, readFileSync(edge.caFile, 'utf8'))).toEqual([]);
  }, 60_000);

  it('leave the gateway answering others', async () => {
    expect((await cluster.get('/health/live')).status).toBe(200);
    expect(cluster.gateway.log()).not.toMatch(/"level":"(error|fatal)"/);
  });
});

function problemsOfAnswers(is: Shape['is'], { answers, rest, isClosed }: RawAnswers): string[] {
  const problems: string[] = [];
  const statuses = answers.map(({ status }) => status);
  if (!isClosed) problems.push('the connection was kept');
  if (rest !== '') problems.push('more came than answers');
  if (is === 'refused') {
    if (answers.length > 1) problems.push(`${answers.length} answers to what is no request`);
    if (statuses.some((status) => !refusals.includes(status))) problems.push(`answered ${statuses}`);
  } else {
    // One more for what follows, where the connection may be kept.
    const isWhole = answers.length === is + 1 && statuses.at(-1) === 200;
    const isClosedBehind = answers.length === is;
    if (!isWhole && !isClosedBehind) problems.push(`${answers.length} answers instead of ${is + 1}`);
    if (statuses.some((status) => status >= 500)) problems.push(`answered ${statuses}`);
  }
  return problems;
}

function problemsAtAgent(is: Shape['is'], asked: readonly string[]): string[] {
  const problems: string[] = [];
  if (is !== 2 && asked.some((url) => url.includes('SMUGGLED'))) problems.push('the agent was asked what nobody asked');
  const most = is === 'refused' ? 1 : is;
  if (asked.length > most) problems.push(`the agent was asked ${asked.length} times`);
  return problems;
}
