import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { choosePorts } from '../dev-cluster/ports.ts';
import { cannotRun, whyNoJournald, whyNoPrograms } from '../fixtures/requirements.ts';
import { Rsyslog } from '../fixtures/rsyslog.ts';
import { ExampleProcess } from './example-process.ts';
import { JournaldCluster } from './journald-cluster.ts';
import { outputOf, projectDirectory, recipesOf, ShellRecipe } from './page-recipes.ts';

const page = 'integrations.md';
const nodes = 2;
const patience = { timeout: 20_000 };
const reason = whyNoJournald() ?? whyNoPrograms('curl', 'jq', 'rsyslog');

describe.skipIf(cannotRun(reason))('a recipe of docs/integrations.md', () => {
  let world: JournaldCluster;
  let directory: string;
  /** What was written so far, by node. */
  const written = Array.from({ length: nodes }, (): string[] => []);
  const open: (() => unknown)[] = [];
  beforeAll(async () => {
    world = await JournaldCluster.start(nodes);
    await write(20);
  });
  afterAll(() => world?.[Symbol.asyncDispose]());
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
  });

  /** Writes lines to every node, every fourth with priority 3. */
  async function write(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      for (const [node, messages] of written.entries()) {
        const message = `node ${node} line ${messages.length}`;
        messages.push(message);
        const PRIORITY = messages.length % 4 === 0 ? '3' : '6';
        await world.journald(node).sendNative({ MESSAGE: message, PRIORITY, SYSLOG_IDENTIFIER: 'counted' });
      }
    }
  }

  function workFolder(): void {
    directory = mkdtempSync(join(tmpdir(), 'clusterlog-recipe-'));
    open.push(() => rmSync(directory, { recursive: true }));
  }

  function start(recipe: string | undefined, where = directory): ShellRecipe {
    if (recipe === undefined) throw new Error('the page has no such recipe any more');
    const { gateway, token } = world.cluster;
    const running = new ShellRecipe(recipe, where, { GATEWAY: gateway.url, TOKEN: token });
    open.push(() => running.kill());
    return running;
  }

  const counted = (messages: readonly string[]) =>
    written.map((_, node) => messages.filter((message) => message.startsWith(`node ${node} line `)));

  describe('for curl and jq', () => {
    const [newest, live, values] = recipesOf(page, 'curl and jq', 'sh');

    it('prints the warnings of an hour', async () => {
      workFolder();
      const lines = (await start(newest).ended()).trimEnd().split('\n');
      const urgent = written.map((messages) => messages.filter((_, i) => i % 4 === 3));
      expect(counted(lines.map((line) => line.split('\t')[2] ?? ''))).toEqual(urgent);
      expect(lines).toContain('node-2\tcounted\tnode 1 line 3');
    });

    it('prints them live', async () => {
      workFolder();
      const running = start(live);
      await expect.poll(() => running.printed, patience).toContain('node 1 line 19');
      await world.journald().sendNative({ MESSAGE: 'help', PRIORITY: '0', SYSLOG_IDENTIFIER: 'other' });
      await expect.poll(() => running.printed, patience).toContain('node-1 help\n');
    });

    it('counts who writes how much', async () => {
      workFolder();
      const printed = await start(values).ended();
      const lines = written.reduce((sum, messages) => sum + messages.length, 0);
      expect(printed.split('\n')).toEqual(expect.arrayContaining(['exact', `${lines} counted`]));
    });
  });

  describe('for systemd-journal-remote', () => {
    const [pull, read] = recipesOf(page, 'systemd-journal-remote', 'sh');
    const stored = async () => {
      const folder = join(directory, 'cluster');
      if (!existsSync(join(folder, 'cluster.journal'))) return [];
      const printed = await outputOf('journalctl', [`--directory=${folder}`, '--output=json']);
      return printed
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    };
    const messages = async () => counted((await stored()).map(({ MESSAGE }) => String(MESSAGE)));

    it('has every entry exactly once, killed and started again, with its fields and where it is from', async () => {
      workFolder();
      for (let round = 0; round < 3; round++) {
        const running = start(pull);
        await write(10);
        if (round === 1) {
          const BLOB = Buffer.from([0xff, 0x0a, 0x41]);
          await world.journald(1).sendNative({ MESSAGE: 'two\nlines', SYSLOG_IDENTIFIER: 'multi', BLOB });
          await expect
            .poll(async () => (await stored()).some(({ MESSAGE }) => MESSAGE === 'two\nlines'), patience)
            .toBe(true);
        }
        await expect.poll(messages, patience).toEqual(written);
        await running.kill(round === 0 ? 'SIGTERM' : 'SIGKILL');
        expect(running.complaints).toMatch(round < 2 ? /^$/ : /renaming and replacing/);
      }
      const multi = (await stored()).filter(({ MESSAGE }) => MESSAGE === 'two\nlines');
      expect(multi).toHaveLength(1);
      expect(multi[0]).toMatchObject({ BLOB: [0xff, 0x0a, 0x41], CLUSTERLOG_HOST: 'node-2' });
      expect(multi[0]).toHaveProperty('CLUSTERLOG_AGENT', world.cluster.nodes[1]?.agentId);
      const urgent = written[0]?.filter((_, i) => i % 4 === 3);
      expect((await start(read).ended()).trimEnd().split('\n')).toEqual(urgent);
    });
  });

  describe('for rsyslog', () => {
    const [configuration = ''] = recipesOf(page, 'rsyslog', 'conf');
    const [send = ''] = recipesOf(page, 'rsyslog', 'sh');

    it('has every entry exactly once, rsyslog and sender stopped and started again, as RFC 5424 says it', async () => {
      workFolder();
      const [port = 0] = await choosePorts([0]);
      const log = join(directory, 'cluster.log');
      const own = (block: string) => block.replaceAll('10514', String(port)).replaceAll('/var/log/cluster.log', log);
      const file = join(directory, 'rsyslog.conf');
      writeFileSync(file, own(configuration));
      const rsyslog = new Rsyslog(file, port);
      open.push(() => rsyslog.stop());
      const lines = () => (existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : []);
      const messages = () => counted(lines().map((line) => /\] (node .*)$/.exec(line)?.[1] ?? ''));
      await rsyslog.start();
      const first = start(own(send), projectDirectory);
      await write(10);
      await expect.poll(messages, patience).toEqual(written);
      await rsyslog.stop();
      // Some of these go into the connection that nobody reads any more.
      await write(10);
      await rsyslog.start();
      await first.kill();
      const second = start(own(send), projectDirectory);
      const MESSAGE = '[clusterlog@32473 cursor="mine"] two\nlines "é"';
      await world.journald().sendNative({ MESSAGE, SYSLOG_IDENTIFIER: 'a ["b', PRIORITY: '3', SYSLOG_FACILITY: '4' });
      await expect.poll(messages, patience).toEqual(written);
      await expect.poll(() => lines().at(-1), patience).toContain('two#012lines');
      await second.kill();
      const third = start(own(send), projectDirectory);
      await write(1);
      await expect.poll(messages, patience).toEqual(written);
      await third.kill();
      const strange = lines().filter((line) => line.includes('cursor="mine"'));
      expect(strange).toHaveLength(1);
      expect(strange[0]).toMatch(
        /^<35>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|\+00:00) node-1 a__"b \d+ - \[clusterlog@32473 cursor="[\w-]+" agent="[\w-]+" boot="[0-9a-f]{32}" monotonic="\d+" seqnum="\d+"\] \[clusterlog@32473 cursor="mine"\] two#012lines "é"$/,
      );
    });
  });

  describe('through examples/forward', () => {
    interface Received {
      readonly headers: IncomingHttpHeaders;
      readonly body: string;
    }

    /** The first batch that a sink on loopback gets of two lines, and what came with it. */
    async function firstBatch(body: string, authorization?: string): Promise<Received> {
      workFolder();
      const received: Received[] = [];
      const sink = createServer(async (request, response) => {
        received.push({ headers: request.headers, body: await text(request) });
        response.writeHead(200).end();
      });
      await once(sink.listen(0, '127.0.0.1'), 'listening');
      open.push(() => sink.close());
      const { gateway, token } = world.cluster;
      const { port } = sink.address() as AddressInfo;
      const to = ['--gateway', gateway.url, '--sink', `http://127.0.0.1:${port}/some/tag`, '--body', body];
      const only = ['--query', 'identifier=counted&grep=line%200$', '--linger', '300', '--state', join(directory, 'c')];
      const forward = new ExampleProcess('forward/forward.ts', [...to, ...only], token, {
        ...(authorization === undefined ? {} : { SINK_AUTHORIZATION: authorization }),
      });
      open.push(() => forward.kill());
      forward.start();
      await expect.poll(() => received.length, patience).toBe(1);
      return received[0] as Received;
    }

    const entry = (node: number) =>
      expect.objectContaining({
        source: expect.objectContaining({ host: `node-${node + 1}` }),
        fields: expect.objectContaining({ MESSAGE: `node ${node} line 0` }),
      });

    it('ndjson is an entry a line, as Vector decodes it', async () => {
      const { headers, body } = await firstBatch('ndjson');
      expect(headers['content-type']).toBe('application/x-ndjson');
      expect(body.endsWith('\n')).toBe(true);
      expect(
        body
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line)),
      ).toEqual([entry(0), entry(1)]);
    });

    it('array is one array of entries, as Fluent Bit and Logstash take it', async () => {
      const { headers, body } = await firstBatch('array');
      expect(headers['content-type']).toBe('application/json');
      expect(headers.authorization).toBeUndefined();
      expect(JSON.parse(body)).toEqual([entry(0), entry(1)]);
    });

    it('splunk is an event object an entry, with its time, its host and the collector’s token', async () => {
      const { headers, body } = await firstBatch('splunk', 'Splunk 00000000-0000-0000-0000-000000000000');
      expect(headers.authorization).toBe('Splunk 00000000-0000-0000-0000-000000000000');
      const events = body.split('\n').map((line) => JSON.parse(line));
      expect(events).toEqual([
        { time: expect.any(Number), host: 'node-1', event: entry(0) },
        { time: expect.any(Number), host: 'node-2', event: entry(1) },
      ]);
      expect(Math.round(events[0].time * 1e6)).toBe(events[0].event.realtime_timestamp);
    });
  });
});
