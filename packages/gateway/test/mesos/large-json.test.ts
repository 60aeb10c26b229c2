import { test as property } from '@fast-check/vitest';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseLargeJson } from '../../src/mesos/large-json.ts';

/** Makes any JSON large without changing what it says. */
const padding = ' '.repeat(600 * 1024);

function large(json: string): Buffer {
  return Buffer.from(`${padding}${json}`);
}

property.prop([fc.json({ maxDepth: 7 }), fc.integer({ min: 0, max: 6 })], { numRuns: 200 })(
  'any JSON says the same as with JSON.parse, whatever the depth',
  async (json, depth) => {
    expect(await parseLargeJson(large(json), depth)).toEqual(JSON.parse(json));
  },
);

test('braces, quotes and backslashes in strings, and keys of every kind, are text', async () => {
  const value = { a: [{ '}{"\\': '\\" } ] { [ \\\\', 'ü\\': '漢\u0001字' }, [1, { deep: [{}] }], 'x"', null] };
  for (const depth of [0, 1, 2, 3]) expect(await parseLargeJson(large(JSON.stringify(value)), depth)).toEqual(value);
});

test.each(['{"a":[{"b":1},]}', '{"a":[{"b":}]}', '{"a":[{"b":1}', '{"a":["', ']', '{"a":[{]}}', ''])(
  'what is no JSON is refused: %s',
  async (json) => {
    for (const depth of [1, 2]) await expect(parseLargeJson(large(json), depth)).rejects.toThrow(SyntaxError);
  },
);

test('while much is parsed, the event loop goes on turning', async () => {
  const task = {
    id: 'task',
    statuses: Array.from({ length: 20 }, (_, i) => ({ state: 'TASK_RUNNING', timestamp: i })),
  };
  const bytes = Buffer.from(JSON.stringify({ tasks: Array.from({ length: 20_000 }, () => task) }));
  let turns = 0;
  const counting = setInterval(() => turns++, 1);
  const parsed = await parseLargeJson(bytes, 2);
  clearInterval(counting);
  expect(parsed).toEqual({ tasks: expect.any(Array) });
  expect(turns).toBeGreaterThan(5);
});
