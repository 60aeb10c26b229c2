import { type Dispatcher, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DevCluster } from '../dev-cluster/cluster.ts';
import type { DevNode } from '../dev-cluster/dev-node.ts';
import type { SimulatedTask } from '../dev-cluster/simulated-mesos.ts';

interface MergedEntry {
  readonly fields: { readonly MESSAGE: string };
  readonly cursor: string;
  readonly source: { readonly agent: string; readonly host: string; readonly task?: string; readonly service?: string };
  readonly realtime_timestamp: number;
}

const v3 = '/system/v1/logs/v3';
const json = { accept: 'application/x-ndjson' };
const instance = (n: number) => `team_web.instance-0000000${n}-0000-4000-8000-000000000000._app.1`;

describe('the cluster as one log', () => {
  let cluster: DevCluster;
  const written: string[] = [];
  let tasks: SimulatedTask[];
  beforeAll(async () => {
    cluster = await DevCluster.start({ nodes: 3 });
    tasks = cluster.nodes.map((node, i) => cluster.launch(node, instance(i)));
    const start = Date.now() - 60_000;
    // Stamps of one node interleave with the others', and some are equal.
    for (let line = 0; line < 300; line++) {
      const at = line % 3;
      const message = `line ${line}`;
      nodeAt(at).journal.task(taskAt(at), message, 'STDOUT', start + Math.floor(line / 2));
      written.push(message);
    }
    nodeAt(0).journal.service('dcos-mesos-slave.service', 'mesos-agent', 'a line of the node', 'stdout', start + 200);
  });
  afterAll(() => cluster?.stop());

  const nodeAt = (at: number) => cluster.nodes[at] as DevNode;
  const taskAt = (at: number) => tasks[at] as SimulatedTask;
  const entriesOf = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as MergedEntry);

  async function walk(query: string): Promise<MergedEntry[]> {
    const found: MergedEntry[] = [];
    let path: string | undefined = `${v3}/entries?${query}`;
    while (path !== undefined) {
      const answer: Dispatcher.ResponseData = await request(new URL(path, cluster.gateway.url), {
        headers: { authorization: `token=${cluster.token}`, accept: 'application/x-ndjson' },
      });
      const text = await answer.body.text();
      expect(answer.statusCode, text).toBe(200);
      if (text !== '') found.push(...entriesOf(text));
      path = /^<(.+)>; rel="next"$/.exec(String(answer.headers.link ?? ''))?.[1];
    }
    return found;
  }

  it.each(['asc', 'desc'] as const)(
    'is every entry of every node once, in total order, page by page (%s)',
    async (order) => {
      const found = await walk(`since=-1h&order=${order}&limit=37&service=/team/web`);
      const keys = found.map(({ realtime_timestamp: time, source }) => `${time} ${source.agent}`);
      const sorted = keys.toSorted();
      expect(keys).toEqual(order === 'asc' ? sorted : sorted.reverse());
      expect(found.map(({ fields }) => fields.MESSAGE).toSorted()).toEqual(written.toSorted());
    },
  );

  it('says of each entry where it comes from, without touching the journal’s own fields', async () => {
    const path = `${v3}/entries?limit=1&task=${encodeURIComponent(instance(1))}`;
    const [entry] = entriesOf((await cluster.get(path, json)).text);
    expect(entry?.source).toMatchObject({
      agent: nodeAt(1).agentId,
      host: 'node-2',
      task: instance(1),
      service: '/team/web',
      stream: 'STDOUT',
    });
    expect(entry?.fields).not.toHaveProperty('CLUSTERLOG_AGENT');
  });

  it('gives the newest entries, the oldest first, where nothing says where to start', async () => {
    const { text } = await cluster.get(`${v3}/entries?limit=4&service=team/web`);
    const lines = text.trimEnd().split('\n');
    // Of one stamp the agent with the lesser id comes first.
    expect(lines.map((line) => line.replace(/^\S+ (\S+) \S+\[\d+\]: /, '$1 '))).toEqual([
      'node-1 line 297',
      'node-3 line 296',
      'node-2 line 298',
      'node-3 line 299',
    ]);
  });

  it('is streamed to its end with limit=all, and says that it is whole', async () => {
    const { text } = await cluster.get(`${v3}/entries?limit=all&service=/team/web`, { accept: 'text/event-stream' });
    expect(text.match(/^data: \{"fields"/gm)).toHaveLength(300);
    expect(text).toMatch(/event: end\ndata: \{"event":"end","reason":"end","cursor":"[\w-]+"\}\n\n$/);
  });

  it('carries the source in fields of the export format', async () => {
    const { text } = await cluster.get(`${v3}/entries?limit=1&service=/team/web`, {
      accept: 'application/vnd.fdo.journal',
    });
    expect(text).toContain(`\nCLUSTERLOG_AGENT=${nodeAt(2).agentId}\n`);
    expect(text).toContain('\nCLUSTERLOG_HOST=node-3\n');
    expect(text.endsWith('\n\n')).toBe(true);
  });

  it('is narrowed to one node, to a component, by filters with NOT, and by grep', async () => {
    expect(await walk(`since=-1h&agent=${nodeAt(1).agentId}`)).toHaveLength(100);
    const ofNode = await walk('since=-1h&component=dcos-mesos-slave&filter=!STREAM:STDOUT');
    expect(ofNode.map(({ fields }) => fields.MESSAGE)).toEqual(['a line of the node']);
    expect(await walk('since=-1h&grep=line%201%5Cd$')).toHaveLength(10);
  });

  it.each(['asc', 'desc'] as const)('goes both ways from any entry of a page that was asked for %s', async (order) => {
    const all = await walk('since=-1h&limit=1000&service=/team/web');
    const messages = all.map(({ fields }) => fields.MESSAGE);
    const page = await walk(`since=-1h&limit=1000&order=${order}&service=/team/web`);
    for (const middle of [page[100], page[101], page[102], page[290]] as MergedEntry[]) {
      const at = messages.indexOf(middle.fields.MESSAGE);
      const from = `${v3}/entries?since=-1h&service=/team/web&limit=5&cursor=${middle.cursor}`;
      const before = entriesOf((await cluster.get(`${from}&order=desc`, json)).text);
      const after = entriesOf((await cluster.get(`${from}&order=asc`, json)).text);
      expect(before.map(({ fields }) => fields.MESSAGE)).toEqual(messages.slice(at - 5, at).reverse());
      expect(after.map(({ fields }) => fields.MESSAGE)).toEqual(messages.slice(at + 1, at + 6));
    }
  });

  it('shows what stands around an entry, of all nodes', async () => {
    const all = await walk('since=-1h&limit=1000&service=/team/web');
    const middle = all[150] as MergedEntry;
    const { text } = await cluster.get(
      `${v3}/context?since=-1h&service=/team/web&before=3&after=3&cursor=${middle.cursor}`,
      { accept: 'application/x-ndjson' },
    );
    const around = entriesOf(text).map(({ fields }) => fields.MESSAGE);
    expect(around).toEqual(all.slice(147, 154).map(({ fields }) => fields.MESSAGE));
  });

  it('counts values and times over all nodes', async () => {
    const fields = JSON.parse((await cluster.get(`${v3}/fields/STREAM`)).text);
    expect(fields).toMatchObject({ completeness: 'exact', values: [{ value: 'STDOUT', entries: 300 }] });
    const { buckets } = JSON.parse((await cluster.get(`${v3}/histogram?since=-10m`)).text) as { buckets: number[][] };
    expect(buckets.flat().reduce((sum, count) => sum + count, 0)).toBe(301);
    const { components } = JSON.parse((await cluster.get(`${v3}/components`)).text);
    expect(components).toEqual([{ component: 'dcos-mesos-slave.service', entries: 301 }]);
  });

  it('lists tasks, agents and boots', async () => {
    const listed = JSON.parse((await cluster.get(`${v3}/tasks?service=/team/web`)).text);
    expect(listed.tasks.map(({ id }: { id: string }) => id).toSorted()).toEqual([0, 1, 2].map(instance));
    const { agents } = JSON.parse((await cluster.get(`${v3}/agents`)).text);
    expect(agents.map(({ host }: { host: string }) => host)).toEqual(['node-1', 'node-2', 'node-3']);
    const { nodes } = JSON.parse((await cluster.get(`${v3}/boots`)).text);
    expect(nodes.map(({ boots }: { boots: unknown[] }) => boots.length)).toEqual([1, 1, 1]);
  });

  it.each([
    ['entries?task=nobody', 404, 'unknown-task'],
    ['entries?task=team_web', 409, 'ambiguous-task'],
    ['entries?service=/nothing', 404, 'nothing-in-scope'],
    ['entries?agent=nobody', 404, 'unknown-agent'],
    ['entries?grep=(', 400, 'bad-parameter'],
    ['entries?limit=0', 400, 'bad-parameter'],
    ['entries?since=yesterday', 400, 'bad-parameter'],
    ['follow?cursor=xyz', 400, 'bad-cluster-cursor'],
    ['entries?format=lines', 406, 'not-acceptable'],
  ])('refuses %s with %i', async (path, status, code) => {
    const answer = await cluster.get(`${v3}/${path}`);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toMatchObject({ code });
  });

  it('refuses a cursor of another query', async () => {
    const [entry] = entriesOf((await cluster.get(`${v3}/entries?limit=1&service=/team/web`, json)).text);
    const { status, text } = await cluster.get(`${v3}/entries?since=-1h&cursor=${entry?.cursor}`);
    expect([status, JSON.parse(text).code]).toEqual([400, 'bad-cluster-cursor']);
  });
});
