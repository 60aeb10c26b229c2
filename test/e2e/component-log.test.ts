import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cannotRun, whyNoJournald } from '../fixtures/requirements.ts';
import { Follower } from './follower.ts';
import { JournaldCluster } from './journald-cluster.ts';

const unit = 'dcos-foo.service';

describe.skipIf(cannotRun(whyNoJournald()))('the log of a component, at the gateway', () => {
  let world: JournaldCluster;
  let path: string;
  beforeAll(async () => {
    world = await JournaldCluster.start(1);
    path = `/system/v1/agent/${world.cluster.nodes[0]?.agentId}/logs/v2/component`;
    await world.journald().sendNative({ MESSAGE: 'long'.repeat(50_000), UNIT: unit });
    for (let line = 1; line <= 20; line++) {
      await world.journald().sendNative({ MESSAGE: `foo ${line}`, UNIT: unit, TAGX: `${line % 2}` });
      await world.journald().sendNative({ MESSAGE: `bar ${line}`, UNIT: 'dcos-bar.service', TAGX: '1' });
    }
    await world.journald().sync();
  });
  afterAll(() => world?.[Symbol.asyncDispose]());

  /** As the CLI reads: line by line, and no line of 64 KiB or more. */
  async function messages(query: string): Promise<(string | undefined)[]> {
    const { status, text } = await world.cluster.get(`${path}${query}`, { accept: 'application/json' });
    if (status === 204) return [];
    expect(status).toBe(200);
    return text
      .trimEnd()
      .split('\n')
      .map((line) => {
        expect(Buffer.byteLength(line)).toBeLessThan(65_536);
        return (JSON.parse(line) as { fields: Record<string, string> }).fields.MESSAGE;
      });
  }

  it('is the unit’s last lines, as `dcos node log --component` asks for them', async () => {
    expect(await messages(`/${unit}?skip=-2`)).toEqual(['foo 19', 'foo 20']);
    expect(await messages(`/${unit}?skip=-2&filter=TAGX:1`)).toEqual(['foo 17', 'foo 19']);
    expect(await messages(`/${unit}?skip=-2&filter=TAGX:2`)).toEqual([]);
  });

  it('is read to its end, whatever the length of its messages', async () => {
    const all = await messages(`/${unit}?skip=0`);
    expect(all).toHaveLength(21);
    expect(all[0]).toMatch(/^(long){1000,}.*… \[\d+ bytes more\]$/);
  });

  it('is followed, and taken up after Last-Event-ID without a duplicate', async () => {
    const { token } = world.cluster;
    const url = `${world.cluster.gateway.url}${path}/${unit}?skip=-2`;
    const first = await Follower.open({ url, token });
    await first.until(({ entries }) => entries.length === 2);
    first.close();
    await world.journald().sendNative({ MESSAGE: 'foo 21', UNIT: unit });
    const again = await Follower.open({ url, token, lastEventId: first.lastEventId });
    await again.until(({ entries }) => entries.length === 1);
    await world.journald().sendNative({ MESSAGE: 'bar 21', UNIT: 'dcos-bar.service' });
    await world.journald().sendNative({ MESSAGE: 'foo 22', UNIT: unit });
    await again.until(({ entries }) => entries.length === 2);
    expect([...first.messages, ...again.messages]).toEqual(['foo 19', 'foo 20', 'foo 21', 'foo 22']);
    again.close();
  });

  it('is not compressed, though the CLI says that it could be', async () => {
    const { headers, body } = await request(`${world.cluster.gateway.url}${path}/${unit}?skip=-1`, {
      headers: {
        authorization: `token=${world.cluster.token}`,
        accept: 'text/event-stream',
        'accept-encoding': 'gzip',
      },
    });
    expect(headers).toMatchObject({ 'content-type': 'text/event-stream' });
    expect(headers['content-encoding']).toBeUndefined();
    body.on('error', () => {}).destroy();
  });

  it('is refused in dcos-log’s words when asked for wrongly', async () => {
    expect(await world.cluster.get(`${path}/${unit}?skip=x`)).toEqual({
      status: 400,
      text: 'unable to parse skip parameter: strconv.Atoi: parsing "x": invalid syntax\n',
    });
  });
});
