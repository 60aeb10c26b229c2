import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { decodeCursor } from '../../src/cluster/cursor-decoder.ts';
import { CursorEncoder } from '../../src/cluster/cursor-encoder.ts';
import type { Order } from '../../src/cluster/entry-key.ts';
import { Merge } from '../../src/cluster/merge.ts';
import { type LanePlan, planResume } from '../../src/cluster/resume-plan.ts';
import { positionOf } from './line-agents.ts';

interface Written {
  readonly realtime: number;
  readonly matches: boolean;
}

/** Journals of few times, so that many entries share one; few of them match. */
const journal = fc.array(
  fc.record({ step: fc.constantFrom(0, 0, 1, 3), matches: fc.constantFrom(true, false, false) }),
  {
    maxLength: 20,
  },
);
/** Of more than eight agents cursors tell less. */
const journals = fc.oneof(
  fc.array(journal, { minLength: 1, maxLength: 4 }),
  fc.array(journal, { minLength: 9, maxLength: 12 }),
);
const worlds = journals.map((journals) =>
  journals.map((entries) => {
    let realtime = 1_000;
    return entries.map(({ step, matches }): Written => {
      realtime += step;
      return { realtime, matches };
    });
  }),
);
const parts = { query: 1, start: 0, since: 0, until: undefined };

/** What an agent that is asked to go on there looks through. */
function rest(id: string, entries: readonly Written[], order: Order, { resume }: LanePlan): [number, Written][] {
  const all = [...entries.entries()];
  const inOrder = order === 'asc' ? all : all.toReversed();
  if ('position' in resume) {
    const at = inOrder.findIndex(([n, { realtime }]) => positionOf(id, n, realtime) === resume.position);
    return inOrder.slice(at + 1);
  }
  const { from } = resume;
  if (from === undefined) return inOrder;
  const first = inOrder.findIndex(([, { realtime }]) => (order === 'asc' ? realtime >= from : realtime <= from));
  return first === -1 ? [] : inOrder.slice(first);
}

describe('a search that is cut', () => {
  test.prop(
    [worlds, fc.constantFrom<Order>('asc', 'desc'), fc.array(fc.nat(), { minLength: 1, maxLength: 120 }), fc.nat(100)],
    { numRuns: 1_000 },
  )('and resumed where it has told to have got gives every hit once, in one order', (world, order, turns, cutAfter) => {
    const ids = world.map((_, index) => `S${index}`);
    const found: string[] = [];
    const search = (lanes: readonly LanePlan[], frontier: LanePlan['clear'], steps: number): string | undefined => {
      const merge = new Merge({ order, live: false, patience: 1e9, frontier });
      const queues = lanes.map((lane) => rest(lane.agentId, world[ids.indexOf(lane.agentId)] ?? [], order, lane));
      for (const { agentId, resume, ...past } of lanes) merge.join(agentId, resume, 0, past);
      const deliver = (): void => {
        for (let one = merge.next(0); one !== undefined; one = merge.next(0)) {
          expect(one.late).toBe(false);
          found.push(`${one.agentId} ${one.entry.position}`);
        }
      };
      for (let step = 0; step < steps; step++) {
        const index = (turns[step % turns.length] ?? 0) % lanes.length;
        const [queue, id] = [queues[index] ?? [], lanes[index]?.agentId ?? ''];
        const next = queue.shift();
        if (next === undefined) merge.end(id, undefined, 0);
        else {
          const [n, { realtime, matches }] = next;
          const position = positionOf(id, n, realtime);
          if (matches) merge.entry(id, { realtime, position, size: 1 }, 0);
          else merge.searched(id, realtime, position, 0);
        }
        deliver();
      }
      for (const [index, queue] of queues.entries()) {
        if (steps < 1_000) break;
        const id = lanes[index]?.agentId ?? '';
        for (const [n, { realtime, matches }] of queue) {
          if (matches) merge.entry(id, { realtime, position: positionOf(id, n, realtime), size: 1 }, 0);
        }
        merge.end(id, undefined, 0);
      }
      deliver();
      merge.advance();
      return merge.cursor(new CursorEncoder(parts, order), false, 0, 0).text;
    };
    const first = ids.map((agentId): LanePlan => ({ agentId, resume: { from: undefined } }));
    const cursor = decodeCursor(search(first, undefined, cutAfter) ?? '');
    const plan = planResume(cursor, ids, []);
    expect(plan.unknown).toBe(0);
    search(plan.lanes, plan.frontier, 1_000);
    const expected = world.flatMap((entries, index) =>
      entries.flatMap(({ realtime, matches }, n) =>
        matches ? [{ realtime, id: `S${index}`, n, position: positionOf(`S${index}`, n, realtime) }] : [],
      ),
    );
    expected.sort((a, b) => a.realtime - b.realtime || (a.id < b.id ? -1 : a.id > b.id ? 1 : a.n - b.n));
    if (order === 'desc') expected.reverse();
    expect(found).toEqual(expected.map(({ id, position }) => `${id} ${position}`));
  });
});
