import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, Metrics } from '@clusterlog/shared/server';
import { JournalWriter, systemJournalPath } from '@clusterlog/test/fixtures/journal-writer/journal-writer';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createAgent } from '../../src/app.ts';
import { openJournal } from '../../src/journal/open-source.ts';
import type { JournalSource } from '../../src/journal/source.ts';
import type { ReadingLimits } from '../../src/routes/reading-places.ts';

let directory: string;
let journal: JournalSource;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'clusterlog-places-'));
  const machineId = '0123456789abcdef0123456789abcdef';
  const writer = new JournalWriter({ path: systemJournalPath(directory, machineId), machineId, bootId: machineId });
  writer.append({ realtime: 1_700_000_000_000_000, monotonic: 1, fields: [['MESSAGE', 'one']] });
  writer.close();
  journal = await openJournal({ directories: [directory] });
});

afterAll(async () => {
  await journal.close();
  rmSync(directory, { recursive: true, force: true });
});

async function agent(limits: ReadingLimits) {
  const metrics = new Metrics();
  const log = createLogger('test', 'silent');
  const app = createAgent({
    server: { log, accessLog: false, metrics },
    journal,
    keys: 'open',
    agentId: () => 'S0',
    gatewayd: true,
    limits,
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => app.close());
  const { port } = app.server.address() as AddressInfo;
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  const ask = (path: string, accept = 'text/plain') =>
    fetch(`http://127.0.0.1:${port}${path}`, { headers: { accept }, signal: abort.signal });
  return { ask, metrics };
}

const events = 'text/event-stream';

describe('reading', () => {
  it.each([
    ['/v1/stream/', 'text/plain'],
    ['/system/v1/logs/v1/stream/', events],
    ['/v2/component', events],
    ['/v3/follow', events],
    ['/entries?follow', 'text/plain'],
  ])('one follow more than there may be is 503 with Retry-After: %s', async (path, accept) => {
    const { ask, metrics } = await agent({ follows: 1, scans: 1 });
    expect((await ask(path, accept)).status).toBe(200);
    const refused = await ask(path, accept);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('30');
    expect(await refused.text()).toContain('There are 1 follows open here');
    expect(await metrics.registry.metrics()).toContain('clusterlog_errors_total{code="too-many-follows"} 1');
  });

  it('answers that end goes on while all follows are taken', async () => {
    const { ask } = await agent({ follows: 1, scans: 1 });
    await ask('/v1/stream/');
    for (const path of ['/v1/range/', '/v1/range/', '/v2/component', '/v3/entries', '/entries']) {
      const answer = await ask(path);
      expect(answer.status).toBe(200);
      expect(await answer.text()).toContain('one');
    }
  });

  it('one answer more than there may be is 503 with Retry-After', async () => {
    const { ask, metrics } = await agent({ follows: 1, scans: 0 });
    const refused = await ask('/v3/entries');
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(await refused.json()).toMatchObject({ code: 'too-many-scans' });
    expect(await metrics.registry.metrics()).toContain('clusterlog_errors_total{code="too-many-scans"} 1');
  });

  it('takes no place for health, nor for what is not there', async () => {
    const { ask } = await agent({ follows: 0, scans: 0 });
    expect((await ask('/health/live')).status).toBe(200);
    expect((await ask('/nothing')).status).toBe(404);
  });

  it('is told by health and metrics when every place is taken', async () => {
    const { ask, metrics } = await agent({ follows: 1, scans: 5 });
    const follows = async () =>
      ((await (await ask('/health/ready')).json()) as { checks: { check: string }[] }).checks.find(
        ({ check }) => check === 'follows',
      );
    expect(await follows()).toEqual({ check: 'follows', state: 'ok' });
    await ask('/v1/stream/');
    expect(await follows()).toMatchObject({ state: 'degraded', detail: expect.stringContaining('--follows') });
    const text = await metrics.registry.metrics();
    expect(text).toContain('clusterlog_open_follows 1');
    expect(text).toContain('clusterlog_health_check{check="follows"} 0.5');
  });
});
