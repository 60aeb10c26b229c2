import { createLogger, Metrics } from '@clusterlog/shared/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAgent } from '../../src/app.ts';
import { GatewayKeys } from '../../src/token/gateway-keys.ts';
import { ask, boots, type GatewaydAgent, start, startGatewaydAgent, step, WrittenJournal } from './gatewayd-world.ts';

const silent = { info() {}, warn() {} };

let journal: WrittenJournal;
let agent: GatewaydAgent;

beforeAll(async () => {
  journal = new WrittenJournal();
  for (let index = 0; index < 8; index++) {
    journal.append([['MESSAGE', `m${index}`]], index < 5 ? boots[0] : boots[1]);
  }
  journal.flush();
  agent = await startGatewaydAgent(journal.directory);
});
afterAll(async () => {
  await agent.close();
  journal.remove();
});

async function messages(path: string, range: string): Promise<string[]> {
  const { body } = await ask(agent.origin, path, { range, accept: 'application/vnd.fdo.journal' });
  return Array.from(body.toString().matchAll(/^MESSAGE=(.*)$/gm), ([, message = '']) => message);
}

/** The time of entry `index` in seconds since 1970. */
const seconds = (index: number) => String((start + index * step) / 1e6);

describe('gatewayd’s interface', () => {
  it.each<[string, string, string[]]>([
    ['a time on', `realtime=${seconds(5)}:`, ['m5', 'm6', 'm7']],
    ['up to a time, which is included', `realtime=:${seconds(2)}`, ['m0', 'm1', 'm2']],
    ['one time to another', `realtime=${seconds(2)}:${seconds(4)}`, ['m2', 'm3', 'm4']],
    ['a time on, so many', `realtime=${seconds(2)}::2`, ['m2', 'm3']],
    ['a time on, some later, so many', `realtime=${seconds(2)}::1:2`, ['m3', 'm4']],
    ['before a time', `realtime=${seconds(4)}::-2:2`, ['m2', 'm3']],
    ['before the last of a stretch', `realtime=:${seconds(4)}:-1:5`, ['m3', 'm4']],
    ['any time', 'realtime=:', ['m0', 'm1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7']],
    ['a stretch without entries', `realtime=1:2`, []],
  ])('answers from %s: Range: %s', async (_case, range, expected) => {
    expect(await messages('/entries', range)).toEqual(expected);
  });

  it.each(['realtime=1', 'realtime=2:1', 'realtime=x:', 'realtime=1:2:3:4:5', 'realtime=1:2:0'])(
    'refuses Range: %s',
    async (range) => {
      const { status, type, body } = await ask(agent.origin, '/entries', { range });
      expect([status, type, body.toString()]).toEqual([400, 'text/plain', 'Failed to parse Range header.\n']);
    },
  );

  it('takes a boot and a monotonic time for a place', async () => {
    const place = (index: number, more = 0) => `entries=b=${boots[0]};m=${(1000 + index * step + more).toString(16)}`;
    expect(await messages('/entries', `${place(3)}:2`)).toEqual(['m3', 'm4']);
    expect(await messages('/entries', `${place(3, 1)}:2`)).toEqual(['m4', 'm5']);
    expect(await messages('/entries', `${place(3)}:-1:2`)).toEqual(['m2', 'm3']);
  });

  it('refuses a cursor that says no place, in gatewayd’s words, also to who wants JSON', async () => {
    const { status, body } = await ask(agent.origin, '/entries', { range: 'entries=x', accept: 'application/json' });
    expect([status, body.toString()]).toEqual([400, 'Failed to seek in journal.\n']);
  });

  it('lists the boots, oldest first', async () => {
    const { type, body } = await ask(agent.origin, '/boots');
    expect(type).toBe('application/json-seq');
    const records = body.toString().split('\u001e');
    expect(records.slice(1).map((record) => JSON.parse(record))).toEqual([
      { index: -1, boot_id: boots[0], first_entry: start, last_entry: start + 4 * step },
      { index: 0, boot_id: boots[1], first_entry: start + 5 * step, last_entry: start + 7 * step },
    ]);
  });

  it('follows: what there is, then what comes', async () => {
    const response = await fetch(`${agent.origin}/entries?follow`, {
      headers: { range: 'entries=:-1:', accept: 'application/vnd.fdo.journal' },
    });
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      if (text.includes('MESSAGE=m7\n') && !text.includes('later')) {
        journal.append([['MESSAGE', 'later']], boots[1]);
        journal.flush();
      }
      if (text.includes('MESSAGE=later\n')) break;
    }
    expect(text.match(/MESSAGE=.*/g)).toEqual(['MESSAGE=m6', 'MESSAGE=m7', 'MESSAGE=later']);
  });

  it('ends a follow at its number of entries, and at its end in time', async () => {
    expect(await messages('/entries?follow', 'entries=:2')).toEqual(['m0', 'm1']);
    expect(await messages('/entries?follow', `realtime=:${seconds(1)}`)).toEqual(['m0', 'm1']);
  });

  it('needs no token, while the other routes do', async () => {
    const keys = new GatewayKeys([], silent);
    const guarded = createAgent({
      server: { log: createLogger('test', 'silent'), accessLog: false, metrics: new Metrics() },
      journal: agent.journal,
      keys,
      agentId: () => 'S0',
      gatewayd: true,
    });
    const statuses = async (...paths: string[]) =>
      Promise.all(paths.map(async (url) => (await guarded.inject({ url })).statusCode));
    expect(await statuses('/entries', '/fields/MESSAGE', '/machine', '/boots')).toEqual([200, 200, 200, 200]);
    expect(await statuses('/v1/range/', '/v1/fields/STREAM')).toEqual([401, 401]);
    await guarded.close();
    keys.close();
  });

  it('is not there unless it was asked for', async () => {
    const plain = createAgent({
      server: { log: createLogger('test', 'silent'), accessLog: false, metrics: new Metrics() },
      journal: agent.journal,
      keys: 'open',
      agentId: () => 'S0',
    });
    for (const url of ['/entries', '/fields/MESSAGE', '/machine', '/boots']) {
      expect((await plain.inject({ url })).statusCode).toBe(404);
    }
    await plain.close();
  });
});
