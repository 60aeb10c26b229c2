import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { MesosAgent } from '../dev-cluster/mesos-agent.ts';
import type { SimulatedTask } from '../dev-cluster/simulated-mesos.ts';
import { chapter } from './chapter.ts';
import { eventMessages, eventsOf, jsonEntries, textMessages } from './reading.ts';
import { asEvents, asJson, asText, type SetUp } from './set-ups.ts';
import type { World } from './world.ts';

const workDirectory = mkdtempSync(join(tmpdir(), 'clusterlog-sandboxes-'));
afterAll(() => rmSync(workDirectory, { recursive: true }));

/** A Mesos agent that gateways can reach at the address in its pid, with a task's sandbox. */
const reachable = new MesosAgent({ id: 'none yet', workDirectory });
afterAll(() => reachable.stop());
let sandboxed: { readonly task: SimulatedTask; readonly directory: string; readonly virtual: string } | undefined;

async function startSandbox({ cluster, task: { frameworkId } }: World): Promise<NonNullable<typeof sandboxed>> {
  await reachable.start();
  const address = { hostname: 'node-with-sandboxes', host: '127.0.0.1', port: reachable.port };
  const { id: agentId } = cluster.mesos.addAgent(address);
  reachable.id = agentId;
  const task = cluster.mesos.launch({ id: 'viewed.1', frameworkId, agentId });
  const executor = { framework: frameworkId, executor: task.id, container: task.container.value };
  const directory = reachable.sandbox(executor);
  writeFileSync(join(directory, 'stdout'), 'one\ntwo\n');
  const tasks = [{ id: task.id, name: task.name, framework_id: frameworkId, executor_id: '', state: 'TASK_RUNNING' }];
  const described = {
    id: task.id,
    container: task.container.value,
    directory,
    tasks,
    completed_tasks: [],
    queued_tasks: [],
  };
  reachable.frameworks = [{ id: frameworkId, name: 'marathon', executors: [described], completed_executors: [] }];
  return { task, directory, virtual: `/frameworks/${frameworkId}/executors/${task.id}/runs/latest` };
}

/** The sandbox, when the set-up has heard of its task. */
async function sandboxSeenBy(setUp: SetUp): Promise<NonNullable<typeof sandboxed>> {
  if (sandboxed === undefined) throw new Error('the sandbox was not started');
  const { id } = sandboxed.task;
  await expect
    .poll(async () => (await setUp.askAt('/mesos/master/state')).text, { timeout: 5_000 })
    .toContain(`"${id}"`);
  return sandboxed;
}

const cookie = ({ token }: SetUp) => [`Cookie: dcos-acs-auth-cookie=${token}`];
const throughGateways = ['gateway', 'nginx'] as const;

chapter(
  'what clients send, as it stands',
  {
    begin: async (_setUp, world) => {
      if (sandboxed !== undefined) return;
      sandboxed = await startSandbox(world);
      await world.write({ MESSAGE: 'odd', TAG: 'a b', OTHER: '100%' });
      await world.sync();
    },
  },
  (_point, also) => {
    also('a cursor with its semicolons unescaped', async (setUp, world) => {
      const query = `cursor=${world.rawCursor('m5')}&limit=2`;
      expect(textMessages(await setUp.ask(`/v1/range${world.container}?${query}`))).toEqual(['m6', 'm7']);
      expect(textMessages(await setUp.ask(`/v2/component?filter=STREAM:STDOUT&${query}`))).toHaveLength(2);
    });

    also('the CLI’s unescaped filters: a plus is a blank, and what is no escape is itself', async (setUp) => {
      for (const filter of ['TAG:a+b', 'TAG:a%20b', 'OTHER:100%', 'OTHER:100%25']) {
        const entries = jsonEntries(await setUp.ask(`/v2/component?skip=-1&filter=${filter}`, asJson));
        expect([filter, entries.map(({ fields }) => fields.MESSAGE)]).toEqual([filter, ['odd']]);
      }
    });

    also('a raw blank is no HTTP: 400, as it is at DC/OS’ own nginx', async (setUp) => {
      const answer = await setUp.ask('/v2/component?skip=-1&filter=TAG:a b', asJson);
      expect(answer.status).toBe(400);
    });

    also(
      'a path that two servers could read in two ways is 400',
      async (setUp) => {
        for (const path of ['//v1/range/', '/v1/../v1/range/', '/v1/%2e%2e/v1/range/', '/v1%2Frange/']) {
          expect([path, (await setUp.ask(path)).status]).toEqual([path, 400]);
        }
      },
      throughGateways,
    );

    also('Accept as a whole, and nothing but the two types that dcos-log knows', async (setUp) => {
      for (const accept of [
        '*/*',
        'application/json, text/plain',
        'application/json;q=0.9',
        'APPLICATION/JSON',
        'text/event-stream; charset=utf-8',
        'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
      ]) {
        const answer = await setUp.ask('/v1/range/?limit=1', { headers: [`Accept: ${accept}`] });
        expect([accept, answer.header('content-type')]).toEqual([accept, 'text/plain']);
        expect(textMessages(answer)).toHaveLength(1);
      }
    });

    also('the Python CLI’s ranges and streams by API v1', async (setUp, world) => {
      const range = await setUp.ask(`/v1/range${world.container}?skip_prev=10&filter=STREAM:STDOUT`, asText);
      expect(textMessages(range)).toEqual(Array.from({ length: 10 }, (_, line) => `m${line + 1}`));
      const path = '/v1/stream/?skip_prev=20&filter=stream:STDERR&filter=MESSAGE:e2';
      const stream = await setUp.open(path, asEvents);
      await stream.until(() => eventsOf(stream).length === 1);
      expect(eventMessages(stream)).toEqual(['e2']);
      stream.close();
    });

    also(
      'the UI’s file viewer: folder, size, bytes, download',
      async (setUp) => {
        const { task, directory } = await sandboxSeenBy(setUp);
        const agent = `/agent/${task.agentId}`;
        const ask = (path: string) => setUp.askAt(`${agent}${path}`, { credentials: cookie(setUp) });
        const state = JSON.parse((await ask(`/slave(1)/state?_timestamp=${Date.now()}`)).text);
        expect(state.frameworks[0].executors[0]).toMatchObject({ id: task.id, directory });
        const path = encodeURIComponent(directory);
        const files = JSON.parse((await ask(`/files/browse?path=${path}`)).text) as { path: string; size: number }[];
        expect(files).toEqual([expect.objectContaining({ path: `${directory}/stdout`, size: 8 })]);
        const file = encodeURIComponent(`${directory}/stdout`);
        expect(JSON.parse((await ask(`/files/read?path=${file}&offset=-1`)).text)).toEqual({ data: '', offset: 8 });
        const read = await ask(`/files/read?path=${file}&offset=4&length=50000`);
        expect(JSON.parse(read.text)).toEqual({ data: 'two\n', offset: 4 });
        const download = await ask(`/files/download?path=${file}`);
        expect([download.text, download.header('content-disposition')]).toEqual([
          'one\ntwo\n',
          'attachment; filename=stdout',
        ]);
        expect((await ask('/files/read?path=/etc/passwd&offset=0')).status).toBe(403);
        expect((await setUp.askAt(`${agent}/files/browse?path=${path}`, { credentials: [] })).status).toBe(401);
      },
      throughGateways,
    );

    also(
      '`dcos task ls` and `dcos task download`, by virtual paths',
      async (setUp) => {
        const { task, virtual } = await sandboxSeenBy(setUp);
        const agent = `/agent/${task.agentId}`;
        const debug = JSON.parse((await setUp.askAt(`${agent}/files/debug`, asJson)).text) as Record<string, string>;
        expect(Object.keys(debug)).toContain(virtual);
        const browse = await setUp.askAt(`${agent}/files/browse?path=${virtual}/.`, asJson);
        expect(JSON.parse(browse.text)).toEqual([expect.objectContaining({ size: 8 })]);
        const download = await setUp.askAt(`${agent}/files/download?path=${virtual}/stdout`);
        expect(download.text).toBe('one\ntwo\n');
      },
      throughGateways,
    );

    also(
      'what the UI and the CLI ask before a log: where logs are, who leads',
      async (setUp) => {
        const config = await setUp.askAt('/dcos-metadata/ui-config.json', { credentials: [] });
        expect(JSON.parse(config.text)).toMatchObject({
          uiConfiguration: { plugins: { mesos: { 'logging-strategy': 'journald' } } },
        });
        const leader = await setUp.askAt('/mesos_dns/v1/hosts/leader.mesos');
        expect(JSON.parse(leader.text)).toEqual([
          { host: expect.stringMatching(/^leader\.mesos\.?$/), ip: '127.0.0.1' },
        ]);
      },
      throughGateways,
    );
  },
);
