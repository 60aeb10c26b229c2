import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cannotRun, whyNoJournald } from '../fixtures/requirements.ts';
import { Follower } from './follower.ts';
import { JournaldCluster } from './journald-cluster.ts';

describe.skipIf(cannotRun(whyNoJournald()))('a line written on a node', () => {
  let world: JournaldCluster;
  beforeAll(async () => {
    world = await JournaldCluster.start(1);
  });
  afterAll(() => world?.[Symbol.asyncDispose]());

  it('by systemd-cat is on the screen of curl -N at the gateway within 100 ms', async () => {
    const { token } = world.cluster;
    const curl = spawn('curl', [
      '-sSN',
      '-H',
      `Authorization: token=${token}`,
      world.nodeUrl(0, 'stream/?skip_prev=1'),
    ]);
    const logger = world.journald().openSystemdCat(['--identifier=curl-test']);
    try {
      let screen = '';
      const delays: number[] = [];
      for (let line = 0; line < 10; line++) {
        const text = `line ${line} of curl-test`;
        const started = performance.now();
        logger.write(`${text}\n`);
        while (!screen.includes(text)) screen += String((await once(curl.stdout, 'data'))[0]);
        delays.push(performance.now() - started);
      }
      expect(screen).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d: line 0 of curl-test$/m);
      // The machine may be busy: what the path takes is what the quickest lines take.
      expect(Math.min(...delays.slice(1))).toBeLessThan(100);
    } finally {
      await logger.end();
      curl.kill();
      await once(curl, 'exit');
    }
  });

  it('by logger, and by the native protocol with bytes and line ends, arrives whole', async () => {
    const follower = await Follower.open({ url: world.nodeUrl(0, 'stream/?skip_prev=1'), token: world.cluster.token });
    try {
      await world.journald().logger(['--tag', 'e2e', 'said by logger']);
      await world.journald().sendNative({ MESSAGE: 'two\nlines', CUSTOM: Buffer.from([0xff, 0x00, 0x41]) });
      await follower.until(({ messages }) => messages.includes('two\nlines') && messages.includes('said by logger'));
      const native = follower.entries.find(({ fields }) => fields.MESSAGE === 'two\nlines');
      expect(native?.fields).toMatchObject({ CUSTOM: '\ufffd\u0000A', _TRANSPORT: 'journal' });
      const syslog = follower.entries.find(({ fields }) => fields.MESSAGE === 'said by logger');
      expect(syslog?.fields).toMatchObject({ SYSLOG_IDENTIFIER: 'e2e', _TRANSPORT: 'syslog' });
    } finally {
      follower.close();
    }
  });

  it('reaches a follower whose filter matched nothing before', async () => {
    const url = world.nodeUrl(0, 'stream/?filter=SYSLOG_IDENTIFIER:never-seen-before');
    const follower = await Follower.open({ url, token: world.cluster.token });
    try {
      await world.journald().sendNative({ MESSAGE: 'unwanted', SYSLOG_IDENTIFIER: 'other' });
      await world.journald().sendNative({ MESSAGE: 'wanted', SYSLOG_IDENTIFIER: 'never-seen-before' });
      await follower.until(({ entries }) => entries.length > 0);
      expect(follower.messages).toEqual(['wanted']);
    } finally {
      follower.close();
    }
  });
});
