import { afterEach, describe, expect, it } from 'vitest';
import { cannotRun, whyNoJournald } from '../fixtures/requirements.ts';
import { Follower } from './follower.ts';
import { JournaldCluster } from './journald-cluster.ts';

describe.skipIf(cannotRun(whyNoJournald()))('a follower through the gateway loses and repeats nothing', () => {
  const open: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
  });

  /** A cluster, a follower of one identifier's lines, and the means to write them. */
  async function start() {
    const world = await JournaldCluster.start(1);
    open.push(() => world[Symbol.asyncDispose]());
    const written: string[] = [];
    const url = world.nodeUrl(0, 'stream/?filter=SYSLOG_IDENTIFIER:counted');
    return {
      world,
      written,
      async write(count: number): Promise<void> {
        for (let i = 0; i < count; i++) {
          const message = `counted ${written.length}`;
          written.push(message);
          await world.journald().sendNative({ MESSAGE: message, SYSLOG_IDENTIFIER: 'counted' });
        }
      },
      async follow(lastEventId?: string): Promise<Follower> {
        const follower = await Follower.open({ url, token: world.cluster.token, lastEventId });
        open.push(() => follower.close());
        return follower;
      },
    };
  }

  it('across rotations of journald', async () => {
    const { world, written, write, follow } = await start();
    await write(20);
    const follower = await follow();
    for (let rotation = 0; rotation < 5; rotation++) {
      const rotated = world.journald().rotate();
      await write(100);
      await rotated;
      await write(20);
    }
    await follower.until(({ messages }) => messages.includes(written.at(-1) as string));
    expect(follower.messages).toEqual(written);
    expect(follower.end).toBeUndefined();
  });

  it.each(['the agent', 'the gateway'] as const)(
    'with Last-Event-ID across a kill and restart of %s',
    async (which) => {
      const { world, written, write, follow } = await start();
      const service = which === 'the agent' ? world.cluster.nodes[0]?.agent : world.cluster.gateway;
      if (service === undefined) throw new Error('expected a node');
      const messages: string[] = [];
      let lastEventId: string | undefined;
      for (let cut = 0; cut < 3; cut++) {
        await write(50);
        const follower = await follow(lastEventId);
        await follower.until(({ entries }) => entries.length >= 25);
        await Promise.all([service.kill('SIGKILL'), write(30)]);
        await follower.until(({ end }) => end !== undefined);
        expect(follower.end).not.toBe('clean');
        messages.push(...follower.messages);
        lastEventId = follower.lastEventId ?? lastEventId;
        await service.start();
        await world.cluster.gateway.ready();
      }
      const last = await follow(lastEventId);
      await last.until((follower) => follower.messages.includes(written.at(-1) as string));
      expect([...messages, ...last.messages]).toEqual(written);
    },
  );
});
