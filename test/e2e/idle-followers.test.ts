import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { Agent, get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { DevCluster } from '../dev-cluster/cluster.ts';
import { JournalWriter, systemJournalPath } from '../fixtures/journal-writer/journal-writer.ts';

/** Of ten thousand, which `npm run bench idle-followers` has. */
const followers = 300;
const machineId = '0123456789abcdef0123456789abcdef';

let directory: string;
let writer: JournalWriter;
let cluster: DevCluster;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'clusterlog-idle-'));
  writer = new JournalWriter({ path: systemJournalPath(directory, machineId), machineId, bootId: machineId });
  say('0', 'the first line');
  cluster = await DevCluster.start({ nodes: [{ journalDirectory: directory }] });
});
afterAll(async () => {
  await cluster?.stop();
  writer.close();
  rmSync(directory, { recursive: true, force: true });
});

function say(container: string, message: string): void {
  writer.append({
    realtime: Date.now() * 1_000,
    monotonic: Math.floor(performance.now() * 1_000),
    fields: [
      ['CONTAINER_ID', container],
      ['MESSAGE', message],
    ],
  });
}

/** A follower of a container of its own, and of one more. */
class Follower {
  text = '';
  #response: IncomingMessage | undefined;

  async open(container: number): Promise<this> {
    const query = `filter=CONTAINER_ID:${container}&filter=CONTAINER_ID:all&skip_prev=1`;
    const headers = { authorization: `token=${cluster.token}`, accept: 'text/event-stream' };
    const url = `${cluster.gateway.url}/system/v1/logs/v1/stream/?${query}`;
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get(url, { agent: new Agent(), headers }, resolve).on('error', reject);
    });
    expect(response.statusCode).toBe(200);
    response.setEncoding('utf8').on('error', () => undefined);
    response.on('data', (text: string) => {
      this.text += text;
    });
    this.#response = response;
    return this;
  }

  leave(): void {
    this.#response?.destroy();
  }
}

const descriptors = () =>
  [cluster.gateway.pid, cluster.nodes[0]?.agent.pid].map((pid) => readdirSync(`/proc/${pid}/fd`).length);

test('hundreds of idle followers each get what concerns them, and leave nothing behind', async () => {
  const before = descriptors();
  const all = await Promise.all(Array.from({ length: followers }, (_, at) => new Follower().open(at + 1)));
  const holding = descriptors();
  // Some connections were there before, for who asks next.
  for (const [at, count] of holding.entries()) expect(count - (before[at] ?? 0)).toBeGreaterThan(followers - 20);

  say('7', 'for one');
  await vi.waitFor(() => expect(all[6]?.text).toContain('for one'), 20_000);
  say('all', 'for all');
  await vi.waitFor(() => expect(all.filter(({ text }) => text.includes('for all')).length).toBe(followers), 20_000);
  expect(all.filter(({ text }) => text.includes('for one')).length).toBe(1);
  for (const { text } of all) expect(text.split('for all').length).toBe(2);

  for (const follower of all) follower.leave();
  const kept = () => Math.max(...descriptors().map((count, at) => count - (before[at] ?? 0)));
  await vi.waitFor(() => expect(kept()).toBeLessThan(followers / 4), 20_000);
});
