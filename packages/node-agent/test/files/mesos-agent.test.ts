import { fixedAuthorization } from '@clusterlog/shared/server';
import { afterEach, describe, expect, it } from 'vitest';
import { app, eventsOf, TaskWorld } from '../routes/task-world.ts';

let world: TaskWorld;
afterEach(() => world.stop());

describe('the Mesos agent', () => {
  it('is asked with the credential that it wants', async () => {
    world = await TaskWorld.start('Basic eDp5', { credential: fixedAuthorization('Basic eDp5') });
    world.write(app, 'stdout', 'one\n');
    expect(await world.read(app, 'stdout')).toEqual(Buffer.from('one\n'));
  });

  it('is asked once more when it refuses a credential that has been renewed since', async () => {
    const refused: string[] = [];
    const credential = {
      header: async () => (refused.length === 0 ? 'token=old' : 'token=new'),
      refused: async (header: string) => refused.push(header) > 0,
    };
    world = await TaskWorld.start('token=new', { credential, agentId: 'S0', workDirectory: '/w' });
    world.write(app, 'stdout', 'one\n');
    await world.read(app, 'stdout');
    expect(refused).toEqual(['token=old']);
  });

  it('that refuses the node agent is an error of the node, not of the caller', async () => {
    world = await TaskWorld.start('Basic eDp5', { agentId: 'S0', workDirectory: '/w' });
    const answer = await world.ask(app, 'stdout', { headers: { accept: 'application/json' } });
    expect(answer.status).toBe(502);
    expect(await answer.json()).toMatchObject({ code: 'sandbox-refused', detail: expect.stringContaining('401') });
  });

  it('is asked with the caller’s own token instead, when the gateway has sent it along', async () => {
    world = await TaskWorld.start('token=alice', { credential: fixedAuthorization('token=operator') });
    world.write(app, 'stdout', 'one\n');
    const asking = { extra: { mesosAuthorization: 'token=alice' } };
    for (const rest of ['stdout', 'stdout/download']) {
      expect(await world.read(app, rest, asking)).toEqual(Buffer.from('one\n'));
    }
    expect((await world.ask(app, 'files/browse', asking)).status).toBe(200);
  });

  it('that refuses a caller’s own token forbids him the sandbox', async () => {
    world = await TaskWorld.start('token=alice', { agentId: 'S0', workDirectory: '/w' });
    expect((await world.ask(app, 'stdout', { extra: { mesosAuthorization: 'token=bob' } })).status).toBe(403);
  });

  it('that is down is 502, and is asked again by the next request', async () => {
    world = await TaskWorld.start();
    world.write(app, 'stdout', 'one\n');
    await world.mesos.stop();
    for (const rest of ['stdout', 'stdout/download', 'files/browse']) {
      const answer = await world.ask(app, rest, { headers: { accept: 'application/json' } });
      expect([answer.status, (await answer.json()) as unknown]).toEqual([
        502,
        expect.objectContaining({ code: 'sandbox-unreachable' }),
      ]);
    }
    await world.mesos.start();
    expect(await world.read(app, 'stdout')).toEqual(Buffer.from('one\n'));
  });

  it('that answers with an error is 502', async () => {
    world = await TaskWorld.start();
    world.write(app, 'stdout', 'one\n');
    world.mesos.status = 503;
    expect((await world.ask(app, 'stdout')).status).toBe(502);
  });

  it('tells where sandboxes lie, and is asked for that once', async () => {
    world = await TaskWorld.start();
    world.write(app, 'stdout', 'one\n');
    for (let time = 0; time < 3; time++) await world.read(app, 'stdout');
    expect(world.mesos.requests.filter((line) => line === 'GET /state')).toHaveLength(1);
  });

  it('that dies ends a follow without a clean end, so that clients resume', async () => {
    world = await TaskWorld.start();
    world.write(app, 'stdout', 'one\n');
    const answer = await world.ask(app, 'stdout', { headers: { accept: 'text/event-stream' } });
    const reading = async () => {
      for await (const _ of eventsOf(answer)) await world.mesos.stop();
    };
    await expect(reading()).rejects.toThrow();
    await world.mesos.start();
  });

  it('is not asked any more once the caller has gone', async () => {
    world = await TaskWorld.start();
    world.write(app, 'stdout', 'one\n');
    const answer = await world.ask(app, 'stdout', { headers: { accept: 'text/event-stream' } });
    for await (const _ of eventsOf(answer)) break;
    await expect.poll(() => quietFor(400)).toBe(true);
  });

  it('may take its time with a download', async () => {
    world = await TaskWorld.start();
    world.write(app, 'stdout', 'x'.repeat(500_000));
    await world.read(app, 'stdout?limit=1');
    world.mesos.delay = 300;
    expect(await world.read(app, 'stdout/download')).toHaveLength(500_000);
  });
});

/** Whether nothing is asked for so many milliseconds; a follower looks every 200. */
async function quietFor(milliseconds: number): Promise<boolean> {
  const before = world.mesos.requests.length;
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return world.mesos.requests.length === before;
}
