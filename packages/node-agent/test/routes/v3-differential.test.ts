import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JournalWriter } from '../../../../test/fixtures/journal-writer/journal-writer.ts';
import { journalctl, journalctlExport, parseExport } from '../../../../test/fixtures/journalctl.ts';
import { cannotRun, whyNoSystemdPrograms } from '../../../../test/fixtures/requirements.ts';
import { boots, manyEntries } from '../journal/many-fields.ts';
import { testDirectory } from '../journal/test-directory.ts';
import { nextOf, V3Agent } from './v3-world.ts';

const machineId = '0123456789abcdef0123456789abcdef';
const start = 1_700_000_000_000_000;
const step = 700_000;
const count = 900;

describe.skipIf(cannotRun(whyNoSystemdPrograms()))('v3 queries', () => {
  const directory = testDirectory();
  let agent: V3Agent;

  beforeAll(async () => {
    mkdirSync(join(directory, machineId), { recursive: true });
    const path = join(directory, machineId, 'system.journal');
    let writer = new JournalWriter({ path, machineId, bulk: true });
    for (const [index, entry] of manyEntries(count, 5).entries()) {
      if (index === 300 || index === 600) writer = writer.rotate().writer;
      const boot = index < count / 2 ? 0 : 1;
      const named = entry.fields.filter(([name]) => name !== '_BOOT_ID');
      const unit = index % 7 === 0 ? [['_SYSTEMD_UNIT', 'web.service'] as const] : [];
      const told =
        index % 11 === 0
          ? ([
              ['UNIT', 'web.service'],
              ['_PID', String((index % 2) + 1)],
            ] as const)
          : [];
      writer.append({
        realtime: start + index * step,
        monotonic: 1_000_000 + index * step,
        bootId: boots[boot],
        fields: [...named, ...unit, ...told],
      });
    }
    writer.close();
    agent = await V3Agent.start(directory);
  });
  afterAll(() => agent.close());

  async function theirs(args: readonly string[]): Promise<string[]> {
    const text = (
      await journalctl(`--directory=${directory}`, '--output=export', '--output-fields=MESSAGE', ...args)
    ).toString('latin1');
    return [...text.matchAll(/^__CURSOR=(.*)$/gm)].map(([, cursor = '']) => cursor);
  }

  /** Page by page. */
  async function ours(query: string): Promise<string[]> {
    const cursors: string[] = [];
    let path: string | undefined = `/v3/entries?fields=MESSAGE&${query}`;
    while (path !== undefined) {
      const response: Response = await agent.ask(path);
      for (const line of (await response.text()).split('\n')) {
        if (line !== '') cursors.push((JSON.parse(line) as { cursor: string }).cursor);
      }
      path = nextOf(response);
    }
    return cursors;
  }

  const seconds = (index: number): string => `@${Math.floor((start + index * step) / 1e6)}`;
  it.each([
    [[], 'since=@0&limit=100'],
    [['--reverse'], 'order=desc&limit=77'],
    [['--lines=25'], 'limit=25'],
    [['--priority=err'], 'priority=err&since=@0&limit=40'],
    [['--priority=warning..crit'], 'priority=crit..warning'],
    [['--grep=of task 1[0-9]'], 'grep=of+task+1%5B0-9%5D&since=@0&limit=100'],
    [['--grep=LINE'], 'grep=LINE&since=@0'],
    [['--unit=web'], 'component=web'],
    [['--unit=web.service', '--priority=info'], 'component=web.service&priority=6'],
    [[`--boot=${boots[0]}`], `boot=${boots[0]}&limit=200&since=@0`],
    [['--boot=-1', '--reverse'], 'boot=-1&order=desc&limit=200'],
    [[`--since=${seconds(100)}`, `--until=${seconds(200)}`], `since=${seconds(100)}&until=${seconds(200)}&limit=30`],
    [['EXECUTOR_ID=task-1', 'EXECUTOR_ID=task-3'], 'task=task-1&task=task-3&limit=9&since=@0'],
    [
      ['EXECUTOR_ID=task-2', 'STREAM=STDOUT', '--reverse'],
      'filter=EXECUTOR_ID:task-2&stream=stdout&order=desc&limit=5',
    ],
  ])('%j are what %s gives', async (args, query) => {
    const expected = await theirs(args);
    expect(await ours(query)).toEqual(expected);
    if (!args.includes('--grep=LINE')) expect(expected.length).toBeGreaterThan(0);
  });

  it('in export format have the same fields, byte for byte', async () => {
    const response = await agent.ask('/v3/entries?limit=300', { headers: { accept: 'application/vnd.fdo.journal' } });
    const addresses = /^(__|_BOOT_ID$|CLUSTERLOG_)/;
    const fields = (entry: readonly (readonly [string, Buffer])[]) =>
      entry.filter(([name]) => !addresses.test(name)).map(([name, value]) => `${name}=${value.toString('latin1')}`);
    const mine = parseExport(Buffer.from(await response.arrayBuffer())).map(fields);
    const expected = (await journalctlExport(`--directory=${directory}`, '--lines=300')).map(fields);
    expect(mine).toHaveLength(300);
    expect(mine.map((one) => one.sort())).toEqual(expected.map((one) => one.sort()));
  });

  it('have the fields of v1, where v1 can show them', async () => {
    interface Shown {
      readonly cursor: string;
      readonly fields: Readonly<Record<string, string | readonly string[]>>;
    }
    const parse = (text: string): Shown[] =>
      text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Shown]));
    const v3 = parse(await agent.text('/v3/entries?limit=500'));
    const v1 = parse(await agent.text('/v1/range/?skip_prev=500', { headers: { accept: 'application/json' } }));
    const last = (value: Shown['fields'][string]): unknown => (Array.isArray(value) ? value.at(-1) : value);
    expect(v3.map(({ cursor }) => cursor)).toEqual(v1.map(({ cursor }) => cursor));
    for (const [index, { fields }] of v3.entries()) {
      const shown = Object.entries(fields).map(([name, value]) => [name, last(value)] as const);
      const plain = shown.filter(([, value]) => typeof value === 'string');
      expect(v1[index]?.fields).toMatchObject(Object.fromEntries(plain));
      expect(Object.keys(v1[index]?.fields ?? {}).sort()).toEqual(Object.keys(fields).sort());
    }
  });
});
