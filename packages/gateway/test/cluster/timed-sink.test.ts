import { expect, test } from 'vitest';
import { AgentClocks } from '../../src/cluster/agent-clocks.ts';
import { timedSink } from '../../src/cluster/timed-sink.ts';

type Sink = Parameters<typeof timedSink>[0];
type Entry = Parameters<Sink['entry']>;

const now = () => Date.now() * 1_000;

function sink() {
  const passed: string[] = [];
  const told: number[] = [];
  const clocks = new AgentClocks();
  const inner: Sink = {
    full: false,
    entry: () => void passed.push('entry'),
    event: ({ event }) => void passed.push(event),
    flush: () => {
      passed.push('flush');
      return undefined;
    },
  };
  const timed = timedSink(inner, { clocks, onNews: (realtime) => told.push(realtime) });
  const entry = (realtime: number) =>
    timed.entry({ entry: { realtime } } as Entry[0], { agentId: 'S1' } as Entry[1], () => '');
  return { timed, entry, passed, told, clocks };
}

test('everything is handed on as it comes', () => {
  const { timed, entry, passed } = sink();
  entry(now());
  timed.event({ event: 'checkpoint', cursor: 'c' });
  timed.flush();
  expect(passed).toEqual(['entry', 'checkpoint', 'flush']);
  expect(timed.full).toBe(false);
});

test('of each piece that is sent, the first entry is told', () => {
  const { timed, entry, told } = sink();
  const first = now();
  for (const after of [0, 1, 2]) entry(first + after);
  timed.flush();
  timed.flush();
  entry(first + 9);
  timed.flush();
  expect(told).toEqual([first, first + 9]);
});

test('what was received before the follow began is not told', () => {
  const { timed, entry, told } = sink();
  entry(now() - 60_000_000);
  timed.flush();
  expect(told).toEqual([]);
});

test('what an agent whose clock is ahead has received is told by the clock here', () => {
  const { timed, entry, told, clocks } = sink();
  clocks.told('S1', 7_000_000);
  const received = now() + 1_000_000;
  entry(received + 7_000_000);
  timed.flush();
  expect(told).toEqual([received]);
});
