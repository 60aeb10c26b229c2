import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Follower } from './follower.ts';
import { logs } from './policy-cells.ts';
import { PolicyWorld, replace } from './policy-world.ts';

let world: PolicyWorld;

beforeAll(async () => {
  world = await PolicyWorld.start();
}, 60_000);
afterAll(() => world?.[Symbol.asyncDispose]());

describe('a follow', () => {
  const ended = async (follower: Follower): Promise<void> => {
    await follower.until(({ end }) => end !== undefined);
  };
  const say = (message: string): void => {
    world.cluster.nodes[0]?.journal.task(world.task('a-web'), message);
  };

  it.each([
    ['of a task', (): string => `${logs}/v1/stream/task/${world.task('a-web').id}`],
    ['of a node', (): string => `/system/v1/agent/${world.cluster.nodes[0]?.agentId}/logs/v1/stream/`],
    ['of the cluster', (): string => `${logs}/v3/follow?tail=0`],
  ])(
    '%s is cut when its token ends, and cannot be resumed with it',
    async (what, path) => {
      const token = await world.token('alice', ['team-a'], 4);
      const url = `${world.cluster.gateway.url}${path()}`;
      const follower = await Follower.open({ url, token });
      say(`${what} while it lasts`);
      await follower.until(({ messages }) => messages.includes(`${what} while it lasts`));
      await ended(follower);
      say(`${what} afterwards`);
      expect(follower.messages).not.toContain(`${what} afterwards`);
      const again = await world.ask(path(), `token=${token}`, ['Accept: text/event-stream']);
      expect(again.status).toBe(401);
    },
    30_000,
  );

  const follow = async (name: string, path: string): Promise<Follower> => {
    const asker = world.askers.find((one) => one.name === name);
    const url = `${world.cluster.gateway.url}${path}`;
    return Follower.open({ url, token: asker?.authorization.slice('token='.length) ?? '' });
  };
  /** Puts the policy back, and waits until it is in force. */
  const restore = async (before: string): Promise<void> => {
    replace(world.file, before);
    const isInForce = async (): Promise<boolean> => {
      const statuses = ['a-web', 'b-api'].map(
        async (name) =>
          (await world.ask(`${logs}/v1/range/task/${world.task(name).id}`, authorizationOf('alice'))).status,
      );
      const health = await world.ask('/health/ready', '');
      return (
        (await Promise.all(statuses)).join() === '200,403' && health.text.includes('"check":"policy","state":"ok"')
      );
    };
    await vi.waitUntil(isInForce, { timeout: 10_000, interval: 50 });
  };
  const authorizationOf = (name: string): string => world.askers.find((one) => one.name === name)?.authorization ?? '';

  it('is cut when the policy takes away what it reads, and only then', async () => {
    const file = world.file;
    const before = readFileSync(file, 'utf8');
    const task = `${logs}/v1/stream/task/${world.task('a-web').id}`;
    const taken = [await follow('alice', task), await follow('alice', `${logs}/v3/follow?tail=0`)];
    const kept = await follow('sue', task);
    try {
      replace(file, before.replace('groups: [team-a]', 'groups: [team-z]'));
      await Promise.all(taken.map(ended));
      say('after the change');
      await kept.until(({ messages }) => messages.includes('after the change'));
      expect(kept.end).toBeUndefined();
      for (const follower of taken) expect(follower.messages).not.toContain('after the change');
      expect((await world.ask(task, authorizationOf('alice'))).status).toBe(403);
    } finally {
      for (const follower of [...taken, kept]) follower.close();
      await restore(before);
    }
  }, 30_000);

  it('shows no more than it was begun with when the policy gives more, and all of it when it is begun anew', async () => {
    const file = world.file;
    const before = readFileSync(file, 'utf8');
    const whole = `${logs}/v3/follow?tail=0`;
    const other = `${logs}/v1/range/task/${world.task('b-api').id}`;
    const kept = await follow('alice', whole);
    try {
      replace(file, before.replace('service: [/team-a/**]', 'service: [/team-a/**, /team-b/**]'));
      await vi.waitUntil(async () => (await world.ask(other, authorizationOf('alice'))).status === 200, {
        timeout: 10_000,
      });
      const anew = await follow('alice', whole);
      try {
        world.cluster.nodes[0]?.journal.task(world.task('b-api'), 'of team b, widened');
        await anew.until(({ messages }) => messages.includes('of team b, widened'));
        say('of team a, widened');
        await kept.until(({ messages, end }) => messages.includes('of team a, widened') || end !== undefined);
        // What was granted anew is for who asks anew; the follow that was open has not lost its own.
        expect(kept.end).toBeUndefined();
        expect(kept.messages).not.toContain('of team b, widened');
      } finally {
        anew.close();
      }
    } finally {
      kept.close();
      await restore(before);
    }
  }, 30_000);

  it.each([
    ['no YAML', 'rules: [}'],
    ['an unknown word', 'version: 1\nrules: [{who: everyone, alow: [everything]}]\n'],
    ['nothing', ''],
  ])(
    'goes on by the last good policy when the file has become %s, and so does everything else',
    async (what, broken) => {
      const file = world.file;
      const before = readFileSync(file, 'utf8');
      const kept = await follow('alice', `${logs}/v1/stream/task/${world.task('a-web').id}`);
      try {
        replace(file, broken);
        const health = async () => (await world.ask('/health/ready', '')).text;
        await vi.waitUntil(async () => /"check":"policy","state":"degraded"/.test(await health()), { timeout: 10_000 });
        const message = `while the policy was ${what}`;
        say(message);
        await kept.until(({ messages }) => messages.includes(message));
        expect(kept.end).toBeUndefined();
        const other = `${logs}/v1/range/task/${world.task('b-api').id}`;
        expect((await world.ask(other, authorizationOf('alice'))).status).toBe(403);
        expect((await world.ask(other, authorizationOf('bob'))).status).toBe(200);
      } finally {
        kept.close();
        await restore(before);
      }
    },
    30_000,
  );
});
