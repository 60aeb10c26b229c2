import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Scope, type WithholdRule, wholeNode } from '@clusterlog/shared';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JournalWriter } from '../../../../test/fixtures/journal-writer/journal-writer.ts';
import { parseExport } from '../../../../test/fixtures/journalctl.ts';
import { testDirectory } from '../journal/test-directory.ts';
import { V3Agent } from '../routes/v3-world.ts';

const machineId = '0123456789abcdef0123456789abcdef';
const bootId = 'b0'.repeat(16);
const start = 1_700_000_000_000_000;
const directory = testDirectory();

type Fields = readonly (readonly [string, string])[];

const patterns = ['key=\\d+', 'aa+', '[0-4]', 'b c', 'é', 'a|key', '(?i)stdout'];
const words = fc.constantFrom('a', 'aa', 'b', 'c', 'key=1', 'key=23', 'é', '7', '3', '[withheld]', 'x'.repeat(600));
const text = fc.array(words, { minLength: 1, maxLength: 4 }).map((all) => all.join(' '));
const entry: fc.Arbitrary<Fields> = fc
  .record(
    {
      MESSAGE: text,
      PRIORITY: fc.constantFrom('3', '6', '7'),
      EXECUTOR_ID: fc.constantFrom('a', 'b', 'key=1'),
      FRAMEWORK_ID: fc.constantFrom('f1', 'f7'),
      STREAM: fc.constantFrom('STDOUT', 'STDERR'),
      NOTE: text,
      _HOSTNAME: fc.constantFrom('aa', 'node'),
    },
    { requiredKeys: ['EXECUTOR_ID'] },
  )
  .map((fields) => Object.entries(fields) as Fields);
const fieldNames = ['MESSAGE', 'PRIORITY', 'EXECUTOR_ID', 'FRAMEWORK_ID', 'STREAM', 'NOTE', '_HOSTNAME'];
const field = fc.constantFrom(...fieldNames);
const rules: fc.Arbitrary<WithholdRule[]> = fc.array(fc.record({ field, pattern: fc.constantFrom(...patterns) }), {
  minLength: 1,
  maxLength: 4,
});
const wanted = fc.oneof(
  text,
  fc.constantFrom('a', 'b', 'key=1', '[withheld]', '3', '7', 'STDOUT', 'f[withheld]', 'aa'),
);
const filter = fc.tuple(field, wanted).map(([name, value]) => `filter=${encodeURIComponent(`${name}:${value}`)}`);
const v3Filter = fc.oneof(
  filter,
  filter.map((one) => one.replace('filter=', 'filter=!')),
  fc
    .tuple(field, fc.constantFrom('key', 'k?ey=.', 'a', '^a', 'withheld', '\\d'))
    .map(([name, pattern]) => `grep=${encodeURIComponent(`${name}~${pattern}`)}`),
  fc.constantFrom('priority=3', 'task=a', 'task=key%3D1', 'stream=stdout', 'order=desc'),
);
const query = (one: fc.Arbitrary<string>) => fc.array(one, { maxLength: 2 }).map((all) => all.join('&'));

/** What a rule leaves of a value, in the simplest way there is. */
function naive(value: string, expressions: readonly RegExp[]): string {
  const covered = new Array<boolean>(value.length).fill(false);
  for (const expression of expressions) {
    for (const match of value.matchAll(expression)) covered.fill(true, match.index, match.index + match[0].length);
  }
  let result = '';
  for (let index = 0; index < value.length; index++) {
    if (!covered[index]) result += value[index];
    else if (index === 0 || !covered[index - 1]) result += '[withheld]';
  }
  return result;
}

function redacted(fields: Fields, withhold: readonly WithholdRule[]): Fields {
  return fields.map(([name, value]) => {
    const found = withhold.filter((rule) => rule.field === name && rule.pattern !== undefined);
    const expressions = found.map(({ pattern = '' }) =>
      pattern.startsWith('(?i)') ? new RegExp(pattern.slice(4), 'gi') : new RegExp(pattern, 'g'),
    );
    return [name, naive(value, expressions)];
  });
}

async function agentOf(name: string, entries: readonly Fields[]): Promise<V3Agent> {
  const path = join(directory, name, machineId);
  rmSync(join(directory, name), { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
  let writer = new JournalWriter({
    path: join(path, 'system.journal'),
    machineId,
    bootId,
    seqnumId: '5e'.repeat(16),
    bulk: true,
  });
  for (const [index, fields] of entries.entries()) {
    if (index === Math.ceil(entries.length / 2)) writer = writer.rotate().writer;
    writer.append({ realtime: start + index * 1000, monotonic: 1_000_000 + index * 1000, fields });
  }
  writer.close();
  return V3Agent.start(join(directory, name));
}

const formats = ['application/json', 'text/plain', 'text/event-stream', 'application/vnd.fdo.journal'];

/** An answer without what may differ: the hash in cursors, and the order of an entry's fields in export format. */
async function answer(agent: V3Agent, path: string, accept: string, scope: Scope): Promise<unknown> {
  const response = await agent.ask(path, { scope, headers: { accept } });
  const bytes = Buffer.from(await response.arrayBuffer());
  const body = Buffer.from(bytes.toString('latin1').replace(/x=[0-9a-f]+/g, 'x=0'), 'latin1');
  if (response.status !== 200) return { status: response.status };
  if (accept !== 'application/vnd.fdo.journal' || !path.startsWith('/v3/entries'))
    return { status: 200, body: body.toString() };
  const entries = parseExport(body).map((fields) =>
    fields.map(([name, value]) => `${name}=${value.toString()}`).sort(),
  );
  return { status: 200, entries };
}

describe('the answer to whom parts of values are withheld', () => {
  it('is the answer from a journal that never had them, whatever is asked in whatever format', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(entry, { minLength: 1, maxLength: 12 }),
        rules,
        fc.array(query(filter), { minLength: 2, maxLength: 4 }),
        fc.array(query(v3Filter), { minLength: 3, maxLength: 8 }),
        async (entries, withhold, filters, v3Filters) => {
          const written = await agentOf('written', entries);
          const shown = await agentOf(
            'shown',
            entries.map((fields) => redacted(fields, withhold)),
          );
          try {
            const last = `@${(start + 1e9) / 1e6}`;
            const paths = [
              ...filters.flatMap((asked) => [`/v1/range/?${asked}`, `/v2/component?${asked}`]),
              '/v1/range/framework/f1/executor/a/container/c',
              ...['FRAMEWORK_ID', 'EXECUTOR_ID', 'STREAM'].map((name) => `/v1/fields/${name}`),
              ...v3Filters.map((asked) => `/v3/entries?${asked}`),
              ...v3Filters.map(
                (asked) =>
                  `/v3/histogram?since=@1600000000&until=${last}&bucket=10000h&${asked.replace('order=desc', '')}`,
              ),
              ...v3Filters.flatMap(
                (asked, index) =>
                  `/v3/fields/${fieldNames[index % fieldNames.length]}?${asked.replace('order=desc', '')}`,
              ),
            ];
            for (const [index, path] of paths.entries()) {
              const accept = formats[index % formats.length] as string;
              const mine = await answer(written, path, accept, { ...wholeNode, withhold });
              expect(mine, `${path} as ${accept} withholding ${JSON.stringify(withhold)}`).toEqual(
                await answer(shown, path, accept, wholeNode),
              );
            }
          } finally {
            await Promise.all([written.close(), shown.close()]);
          }
        },
      ),
      { numRuns: 10 },
    );
  }, 180_000);
});
