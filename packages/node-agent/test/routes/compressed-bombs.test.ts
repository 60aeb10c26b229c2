import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { CompressionName } from '../../../../test/fixtures/journal-writer/compression.ts';
import { JournalWriter } from '../../../../test/fixtures/journal-writer/journal-writer.ts';
import { V3Agent } from './v3-world.ts';

const megabyte = 1024 * 1024;
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A node agent with a journal of so many entries, all of which have the same MESSAGE: that is stored once, in some kilobytes. */
async function agentWith(compression: CompressionName, size: number, entries: number): Promise<V3Agent> {
  const directory = mkdtempSync(join(tmpdir(), 'clusterlog-bomb-'));
  closers.push(async () => rmSync(directory, { recursive: true }));
  const machineId = 'a'.repeat(32);
  const writer = new JournalWriter({ path: join(directory, machineId, 'system.journal'), machineId, compression });
  const message = Buffer.alloc(size, 'x');
  for (let entry = 0; entry < entries; entry++) {
    const time = 1_700_000_000_000_000 + entry;
    writer.append({
      realtime: time,
      monotonic: entry + 1,
      fields: [
        ['MARK', `entry ${entry}`],
        ['MESSAGE', message],
      ],
    });
  }
  writer.close();
  const agent = await V3Agent.start(directory);
  closers.push(() => agent.close());
  return agent;
}

describe.each<CompressionName>(['zstd', 'lz4', 'xz'])(
  'a field that becomes more than is taken, in %s',
  (compression) => {
    it('costs its entries that field and nothing else, on every route', async () => {
      const agent = await agentWith(compression, 17 * megabyte, 3);
      const before = process.memoryUsage().rss;
      const asked = { headers: { accept: 'application/json' } };
      for (const path of ['/v1/range/', '/v2/component', '/v3/entries?limit=all']) {
        const text = await agent.text(path, asked);
        expect(text.match(/entry \d+/g)).toHaveLength(3);
        expect(text.length).toBeLessThan(megabyte);
      }
      expect(await agent.messages('/v3/entries?grep=xxx')).toEqual([]);
      expect(await agent.text('/v3/fields/MESSAGE')).toContain('"values":[]');
      expect(await agent.text('/v3/fields/MARK')).toContain('"distinct":3');
      expect(process.memoryUsage().rss - before).toBeLessThan(200 * megabyte);
    }, 30_000);
  },
);

describe('a field that is taken and becomes much, in many entries', () => {
  it('is sent no faster than it is read, and held a few times at most', async () => {
    // 14 times 8 MiB, out of a file of some kilobytes.
    const agent = await agentWith('zstd', 8 * megabyte, 14);
    const before = process.memoryUsage().rss;
    const abort = new AbortController();
    const answer = await agent.ask('/v1/range/', { headers: { accept: 'text/plain' }, signal: abort.signal });
    let received = 0;
    for await (const chunk of answer.body as ReadableStream<Uint8Array>) {
      received += chunk.length;
      if (received > 64 * megabyte) break;
    }
    abort.abort();
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * megabyte);
    // Others are served all the while.
    expect(await agent.text('/v3/fields/MARK')).toContain('"distinct":14');
  }, 30_000);
});
