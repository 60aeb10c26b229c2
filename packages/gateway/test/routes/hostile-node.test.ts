import { describe, expect, test } from 'vitest';
import { keyDirectory, secret } from '../auth/keys.ts';
import { endLine, entryLine, type LineAgent, type LineRequest, startLineAgent } from '../cluster/line-agents.ts';
import { getAs, indexOf, startGateway } from '../gateway.ts';

const secretPath = keyDirectory()('secret', secret);
const v3 = '/system/v1/logs/v3';

async function gatewayOf(agents: readonly LineAgent[]): Promise<number> {
  const { port } = await startGateway(secretPath, {
    index: indexOf({ agents: agents.map(({ mesos }) => mesos) }),
    addressing: { overrides: new Map(agents.map(({ mesos, origin }) => [mesos.id, origin])) },
  });
  return port;
}

function answerJson({ response }: LineRequest, status: number, body: unknown): void {
  response.statusCode = status;
  response.setHeader('content-type', 'application/json');
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

const refusal = { type: 'about:blank', title: 'no', status: 400, detail: 'I take no such question' };

describe('a node that somebody has taken over cannot keep the others from being read', () => {
  test.each([
    ['refuses every question', (asked: LineRequest) => answerJson(asked, 400, refusal)],
    ['tells a gap for a reason that is none', ({ send }: LineRequest) => send('G - {"reason":{"toString":1}}')],
    ['ends for a reason that is none', ({ send }: LineRequest) => send('X - {"reason":{"toString":1}}')],
    ['fails with details that are none', ({ send }: LineRequest) => send('! {"detail":{"toString":1}}')],
    ['sends what is no line', ({ send }: LineRequest) => send('E 1', '', 'W x', '\u0000')],
  ])('in a merged log: it %s', async (_what, answer) => {
    const good = await startLineAgent('S1', ({ send, response }) => {
      send(entryLine('S1', 1, 100), endLine);
      response.end();
    });
    const bad = await startLineAgent('S2', (asked) => {
      answer(asked);
      asked.response.end();
    });
    const port = await gatewayOf([good, bad]);
    const page = await getAs('alice', port, `${v3}/entries?since=@0&limit=10&format=ndjson`);
    expect(page.status).toBe(200);
    const said = page.body
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { fields?: object; event?: string });
    expect(said.filter(({ fields }) => fields !== undefined)).toHaveLength(1);
    expect(page.headers['clusterlog-missing-agents']).toBe('S2');
  });

  test('in a page: it takes the question and says nothing', async () => {
    const good = await startLineAgent('S1', ({ send, response }) => {
      send(entryLine('S1', 1, 100), endLine);
      response.end();
    });
    const port = await gatewayOf([good, await startLineAgent('S2', () => undefined)]);
    const page = await getAs('alice', port, `${v3}/entries?since=@0&limit=10&format=ndjson`);
    expect(page.headers['clusterlog-missing-agents']).toBe('S2');
    expect(page.body).toContain('"S1 1"');
    expect(page.body).toContain('"reason":"node-silent"');
  }, 60_000);

  test.each([
    ['refuses every question', (asked: LineRequest) => answerJson(asked, 400, refusal)],
    ['answers null', (asked: LineRequest) => answerJson(asked, 200, null)],
    ['answers an object of nothing', (asked: LineRequest) => answerJson(asked, 200, {})],
    ['answers what is no JSON', (asked: LineRequest) => answerJson(asked, 200, '{"values":')],
    [
      'answers with other types',
      (asked: LineRequest) =>
        answerJson(asked, 200, { completeness: 1, distinct: {}, values: [null], buckets: [[1e308, 'x']], boots: [{}] }),
    ],
  ])('in counts: it %s', async (_what, answer) => {
    const counts: Readonly<Record<string, unknown>> = {
      fields: { completeness: 'exact', distinct: 1, values: [{ value: 'nginx', entries: 3 }] },
      histogram: { completeness: 'exact', buckets: [[0, 0, 0, 0, 0, 0, 3, 0, 0]] },
      boots: { boots: [{ index: 0, boot_id: 'b', first_entry: 1, last_entry: 2 }] },
    };
    const good = await startLineAgent('S1', (asked) =>
      answerJson(asked, 200, counts[/(fields|histogram|boots)/.exec(asked.path)?.[0] ?? '']),
    );
    const port = await gatewayOf([good, await startLineAgent('S2', answer)]);
    const paths = ['fields/_COMM', 'histogram?since=@0&until=@10&bucket=10s', 'boots', 'components'];
    const answers = await Promise.all(paths.map((path) => getAs('alice', port, `${v3}/${path}`)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const [fields, histogram, boots, components] = answers.map(({ body }) => JSON.parse(body) as object);
    const partial = { completeness: 'partial', missing_agents: ['S2'] };
    expect(fields).toMatchObject({ ...partial, values: [{ value: 'nginx', entries: 3 }] });
    expect(histogram).toMatchObject({ ...partial, buckets: [[0, 0, 0, 0, 0, 0, 3, 0, 0]] });
    expect(boots).toMatchObject({ ...partial, nodes: [{ agent: 'S1' }] });
    expect(components).toMatchObject(partial);
  });

  test('but what all of them refuse is told as what it is', async () => {
    const agents = await Promise.all(
      ['S1', 'S2'].map((id) => startLineAgent(id, (asked) => answerJson(asked, 400, refusal))),
    );
    const port = await gatewayOf(agents);
    for (const path of ['entries?since=@0&format=ndjson', 'follow?since=@0&format=ndjson', 'fields/_COMM']) {
      const { status, body } = await getAs('alice', port, `${v3}/${path}`);
      expect([status, JSON.parse(body)]).toEqual([400, expect.objectContaining({ detail: refusal.detail })]);
    }
  });
});
