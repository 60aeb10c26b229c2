import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { Random } from '../fixtures/random.ts';
import { cannotRun, whyNoJournald } from '../fixtures/requirements.ts';
import { ExampleProcess } from './example-process.ts';
import { JournaldCluster } from './journald-cluster.ts';

const long = process.env.CLUSTERLOG_LONG_TESTS === '1';
/** How often a consumer is killed: 50 times in the long form. */
const kills = long ? 50 : 6;
const nodes = 2;

interface Consumed {
  readonly cursor: string;
  readonly fields: { readonly MESSAGE: string };
  readonly source: { readonly agent: string };
  readonly boot_id: string;
  readonly monotonic_timestamp: number;
  readonly seqnum: number;
}

/** What an entry is known by when it is sent again (docs/integrations.md). */
const identityOf = ({ source, boot_id, monotonic_timestamp, seqnum }: Consumed) =>
  [source.agent, boot_id, monotonic_timestamp, seqnum].join(' ');

/** A sink that stores what it takes, and has its weak moments. */
class Sink {
  readonly batches: Consumed[][] = [];
  /** What becomes of the next requests: `lost` takes the batch and never says so. */
  readonly moods: ('500' | 'lost' | 'stall')[] = [];
  #server: Server | undefined;
  port = 0;

  async start(): Promise<void> {
    this.#server = createServer((request, response) => void this.#take(request, response));
    await once(this.#server.listen(this.port, '127.0.0.1'), 'listening');
    this.port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    server?.closeAllConnections();
    server?.close();
    if (server !== undefined) await once(server, 'close');
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request).catch(() => undefined);
    if (body === undefined) return;
    const mood = this.moods.shift();
    if (mood === 'stall') return;
    if (mood === '500') return void response.writeHead(500).end('not now');
    this.batches.push(
      body
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Consumed),
    );
    if (mood === 'lost') return void response.destroy();
    response.writeHead(204).end();
  }
}

describe.skipIf(cannotRun(whyNoJournald()))('the example consumers', () => {
  const open: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
  });

  /** A cluster under a load of counted lines, and a folder for a consumer's files. */
  async function start() {
    const world = await JournaldCluster.start(nodes);
    open.push(() => world[Symbol.asyncDispose]());
    const directory = mkdtempSync(join(tmpdir(), 'clusterlog-example-'));
    open.push(() => rmSync(directory, { recursive: true }));
    const written = Array.from({ length: nodes }, (): string[] => []);
    const write = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        for (const [node, messages] of written.entries()) {
          const message = `node ${node} line ${messages.length}`;
          messages.push(message);
          await world.journald(node).sendNative({ MESSAGE: message, SYSLOG_IDENTIFIER: 'counted' });
        }
      }
    };
    return { world, directory, written, write };
  }

  /** Kills and starts the consumer while lines are written, and lets it come to the end. */
  async function torment(
    consumer: ExampleProcess,
    write: (count: number) => Promise<void>,
    random: Random,
  ): Promise<void> {
    open.push(() => consumer.kill());
    consumer.start();
    for (let kill = 0; kill < kills; kill++) {
      const writing = write(40);
      await delay(random.below(400));
      await consumer.kill();
      consumer.start();
      await writing;
    }
  }

  /** Each node's messages in the order they came. */
  function byNode(entries: readonly Consumed[]): string[][] {
    return Array.from({ length: nodes }, (_, node) =>
      entries.map(({ fields }) => fields.MESSAGE).filter((message) => message.startsWith(`node ${node} `)),
    );
  }

  it.each(['follow/follow.ts', 'follow/follow.py'])(
    '%s, killed again and again, has every line exactly once and each node’s in order',
    async (script) => {
      const { world, directory, written, write } = await start();
      const path = join(directory, 'entries.ndjson');
      const read = (): Consumed[] =>
        existsSync(path)
          ? readFileSync(path, 'utf8')
              .split('\n')
              .slice(0, -1)
              .map((line) => JSON.parse(line) as Consumed)
          : [];
      const args = [world.cluster.gateway.url, path, 'identifier=counted'];
      const consumer = new ExampleProcess(script, args, world.cluster.token);
      await torment(consumer, write, new Random(7));
      await expect
        .poll(() => byNode(read()).map((messages) => messages.length), { timeout: 30_000 })
        .toEqual(written.map((messages) => messages.length));
      expect(byNode(read())).toEqual(written);
    },
  );

  it('forward/forward.ts, killed again and again, loses nothing to a sink that fails, stalls and restarts, and repeats only batches in doubt', async () => {
    const { world, directory, written, write } = await start();
    const sink = new Sink();
    await sink.start();
    open.push(() => sink.stop());
    const args = ['--gateway', world.cluster.gateway.url, '--sink', `http://127.0.0.1:${sink.port}/`];
    const options = ['--state', join(directory, 'cursor'), '--query', 'identifier=counted', '--linger', '50'];
    const consumer = new ExampleProcess(
      'forward/forward.ts',
      [...args, ...options, '--patience', '500'],
      world.cluster.token,
    );
    sink.moods.push('500', 'stall', 'lost');
    await torment(consumer, write, new Random(8));
    sink.moods.push('lost', '500', 'stall');
    await sink.stop();
    await write(20);
    await sink.start();
    const once = (): Consumed[] => [
      ...new Map(sink.batches.flat().map((entry) => [identityOf(entry), entry])).values(),
    ];
    await expect
      .poll(() => byNode(once()).map((messages) => messages.length), { timeout: 30_000 })
      .toEqual(written.map((messages) => messages.length));
    expect(byNode(once())).toEqual(written);
    // A batch is in doubt when its answer was lost or its sender killed: at most one for each.
    const repeated = sink.batches.filter((batch, at) =>
      batch.some((one) =>
        sink.batches.slice(0, at).some((others) => others.some((other) => identityOf(other) === identityOf(one))),
      ),
    );
    expect(repeated.length).toBeLessThanOrEqual(kills + 2);
  });
});
