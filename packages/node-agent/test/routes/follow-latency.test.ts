import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, Metrics } from '@clusterlog/shared/server';
import { JournalWriter, systemJournalPath } from '@clusterlog/test/fixtures/journal-writer/journal-writer';
import { expect, it, onTestFinished } from 'vitest';
import { createAgent } from '../../src/app.ts';
import { openJournal } from '../../src/journal/open-source.ts';

const machineId = '0123456789abcdef0123456789abcdef';

/** A node with one entry of long ago. */
async function node() {
  const directory = mkdtempSync(join(tmpdir(), 'clusterlog-latency-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const writer = new JournalWriter({ path: systemJournalPath(directory, machineId), machineId, bootId: machineId });
  onTestFinished(() => writer.close());
  let written = 0;
  const say = (MESSAGE: string, realtime: number) =>
    writer.append({ realtime, monotonic: ++written, fields: [['MESSAGE', MESSAGE]] });
  say('long ago', 1_700_000_000_000_000);
  const journal = await openJournal({ directories: [directory] });
  onTestFinished(() => journal.close());
  const metrics = new Metrics();
  const app = createAgent({
    server: { log: createLogger('test', 'silent'), accessLog: false, metrics },
    journal,
    keys: 'open',
    agentId: () => 'S0',
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => app.close());
  return { say, metrics, port: (app.server.address() as AddressInfo).port };
}

it.each([
  ['/v1/stream/', 'text/plain'],
  ['/v2/component', 'text/event-stream'],
  ['/v3/follow', 'text/event-stream'],
  ['/v3/follow?watermarks=50&format=lines', 'text/plain'],
])('%s tells metrics how old a line is that its follower waited for, and of no other', async (path, accept) => {
  const { say, metrics, port } = await node();
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { accept }, signal: abort.signal });
  const reader = answer.body?.getReader();
  let text = '';
  const readUntil = async (expected: RegExp) => {
    while (!expected.test(text)) text += Buffer.from((await reader?.read())?.value ?? '').toString();
  };
  await readUntil(/long ago/);
  expect(await metrics.registry.metrics()).toMatch(/^clusterlog_follow_latency_seconds_count 0$/m);
  // Until one came while the follower was waiting.
  for (let lines = 1; !/_latency_seconds_count [1-9]/.test(await metrics.registry.metrics()); lines++) {
    say(`line ${lines}.`, (Date.now() - 5_000) * 1_000);
    await readUntil(new RegExp(`line ${lines}\\.`));
  }
  const told = await metrics.registry.metrics();
  expect(told).toMatch(/^clusterlog_follow_latency_seconds_count 1$/m);
  expect(told).toMatch(/^clusterlog_follow_latency_seconds_bucket\{le="2.5"\} 0$/m);
  expect(Number(/^clusterlog_follow_latency_seconds_sum (.*)$/m.exec(told)?.[1])).toBeGreaterThanOrEqual(5);
});
