import type { AddressInfo } from 'node:net';
import { createLogger, Metrics } from '@clusterlog/shared/server';
import { expect, it } from 'vitest';
import { createAgent } from '../../src/app.ts';
import type { Gap } from '../../src/journal/source.ts';
import { MemorySource } from '../read/memory-source.ts';

/** A journal of which every walk has lost something. */
class GappedSource extends MemorySource {
  readonly gap: Gap = { reason: 'vacuumed', since: 1, until: 2, entries: 3 };

  override walk(...match: Parameters<MemorySource['walk']>) {
    const walk = super.walk(...match);
    walk.gaps.push(this.gap);
    return walk;
  }
}

it.each(['/v1/range/', '/v2/component'])(
  '%s, whose format cannot tell of a gap, writes it to the log',
  async (path) => {
    const journal = new GappedSource();
    journal.append([['MESSAGE', 'line']]);
    const log = createLogger('test', 'silent');
    const told: unknown[] = [];
    const server = { log, accessLog: false, metrics: new Metrics() };
    const app = createAgent({ server, journal, keys: 'open', agentId: () => 'S0' });
    app.addHook('onRequest', async (request) => {
      request.log.info = (facts: unknown) => void told.push(facts);
    });
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as AddressInfo;
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { accept: 'text/plain' } });
    expect(await answer.text()).toContain('line');
    expect(told).toContainEqual({ gap: journal.gap });
    await app.close();
  },
);
