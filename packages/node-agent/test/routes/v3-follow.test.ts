import { type EntryLine, type Line, parseLine, type Scope, type WatermarkLine, wholeNode } from '@clusterlog/shared';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { start, step, WrittenJournal } from './gatewayd-world.ts';
import { OpenAnswer, V3Agent } from './v3-world.ts';

let journal: WrittenJournal;
let agent: V3Agent;
let open: OpenAnswer[];

beforeEach(async () => {
  journal = new WrittenJournal();
  open = [];
  for (let index = 0; index < 12; index++) append(`m${index}`);
  agent = await V3Agent.start(journal.directory);
});
afterEach(async () => {
  for (const answer of open) answer.cut();
  await agent.close();
  journal.remove();
});

function append(message: string, tag = 'a'): void {
  journal.append([
    ['MESSAGE', message],
    ['TAG', tag],
  ]);
}

async function follow(query: string, headers: Record<string, string> = {}): Promise<OpenAnswer> {
  const answer = await OpenAnswer.open(agent, `/v3/follow?${query}`, { headers });
  open.push(answer);
  return answer;
}

const events = { accept: 'text/event-stream' };

interface Event {
  readonly id: string | undefined;
  readonly event: string | undefined;
  readonly message: string | undefined;
}

/** The next event that is an entry or has a name. */
async function nextEvent(answer: OpenAnswer): Promise<Event> {
  const text = await answer.until((piece) => piece.includes('data: '), '\n\n');
  const member = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1];
  const data = JSON.parse(member('data') ?? '') as { fields?: { MESSAGE: string } };
  return { id: member('id'), event: member('event'), message: data.fields?.MESSAGE };
}

async function nextMessages(answer: OpenAnswer, count: number): Promise<(string | undefined)[]> {
  const messages: (string | undefined)[] = [];
  for (let index = 0; index < count; index++) messages.push((await nextEvent(answer)).message);
  return messages;
}

describe('a follow', () => {
  it('starts with the last ten and goes on with what comes', async () => {
    const answer = await follow('', events);
    expect(answer.response.headers.get('content-type')).toBe('text/event-stream');
    expect(answer.response.headers.get('x-accel-buffering')).toBe('no');
    expect(await answer.next('\n\n')).toMatch(/^retry: [1-5]\d{3}$/);
    expect(await nextMessages(answer, 10)).toEqual(Array.from({ length: 10 }, (_, index) => `m${index + 2}`));
    append('new');
    expect(await nextEvent(answer)).toEqual({ id: journal.cursors[12], event: undefined, message: 'new' });
  });

  it('starts where it is told to', async () => {
    expect(await nextMessages(await follow('tail=2', events), 2)).toEqual(['m10', 'm11']);
    expect(await nextMessages(await follow(`since=@${(start + 9 * step) / 1e6}`, events), 3)).toEqual([
      'm9',
      'm10',
      'm11',
    ]);
    const after = encodeURIComponent(journal.cursors[9] ?? '');
    expect(await nextMessages(await follow(`cursor=${after}`, events), 2)).toEqual(['m10', 'm11']);
  });

  it('resumed after any id goes on with exactly the rest', async () => {
    const answer = await follow('tail=12', events);
    const ids: (string | undefined)[] = [];
    for (let index = 0; index < 12; index++) ids.push((await nextEvent(answer)).id);
    answer.cut();
    journal.rotate();
    append('later');
    for (const [index, id] of ids.entries()) {
      // A browser repeats the whole query, and the tail with it.
      const resumed = await follow('tail=12', { ...events, 'last-event-id': id ?? '' });
      const rest = [...Array.from({ length: 11 - index }, (_, offset) => `m${index + 1 + offset}`), 'later'];
      expect(await nextMessages(resumed, rest.length)).toEqual(rest);
      resumed.cut();
    }
  });

  it('in which nothing matches is told at once where to resume, and loses nothing between', async () => {
    const answer = await follow('filter=TAG:b', events);
    const checkpoint = await nextEvent(answer);
    expect(checkpoint).toEqual({ id: journal.cursors[11], event: 'checkpoint', message: undefined });
    answer.cut();
    append('other');
    append('wanted', 'b');
    const resumed = await follow('filter=TAG:b', { ...events, 'last-event-id': checkpoint.id ?? '' });
    expect((await nextEvent(resumed)).message).toBe('wanted');
  });

  it('cut anywhere and resumed with the last id gives every entry once, in order', { timeout: 60_000 }, async () => {
    const action = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('wanted', 'other') },
      { weight: 1, arbitrary: fc.constant('rotate') },
      { weight: 2, arbitrary: fc.nat(4).map((count) => ({ count })) },
    );
    let total = 0;
    const property = fc.asyncProperty(fc.array(action, { maxLength: 20 }), async (actions) => {
      let answer = await follow('filter=TAG:b&tail=0', events);
      let id = (await nextEvent(answer)).id;
      const expected: string[] = [];
      const received: (string | undefined)[] = [];
      const receive = async (count: number): Promise<void> => {
        for (const goal = Math.min(expected.length, received.length + count); received.length < goal; ) {
          const event = await nextEvent(answer);
          id = event.id;
          if (event.event === undefined) received.push(event.message);
        }
      };
      for (const one of actions) {
        if (one === 'rotate') journal.rotate();
        else if (typeof one === 'string') {
          const message = `n${total++}`;
          append(message, one === 'wanted' ? 'b' : 'a');
          if (one === 'wanted') expected.push(message);
        } else {
          await receive(one.count);
          answer.cut();
          answer = await follow('filter=TAG:b&tail=0', { ...events, 'last-event-id': id ?? '' });
        }
      }
      await receive(expected.length);
      expect(received).toEqual(expected);
      answer.cut();
    });
    await fc.assert(property, { numRuns: 25 });
  });

  it('as NDJSON has its checkpoints as objects', async () => {
    const answer = await follow('filter=TAG:b&format=ndjson');
    expect(JSON.parse(await answer.next())).toEqual({ event: 'checkpoint', cursor: journal.cursors[11] });
    append('wanted', 'b');
    expect(JSON.parse(await answer.next())).toMatchObject({ fields: { MESSAGE: 'wanted' } });
  });

  it('as text is lines', async () => {
    const answer = await follow('tail=1&format=text&output=cat');
    expect(await answer.next()).toBe('m11');
    append('two\nlines');
    expect(await answer.next()).toBe('two');
    expect(await answer.next()).toBe('    lines');
  });

  it('goes on through a rotation', async () => {
    const answer = await follow('tail=0', events);
    await nextEvent(answer);
    append('before');
    journal.rotate();
    append('after');
    expect(await nextMessages(answer, 2)).toEqual(['before', 'after']);
  });
});

describe('a follow with a scope of one container', () => {
  const scope: Scope = { ...wholeNode, read: [[{ field: 'CONTAINER_ID', in: ['c1'] }]] };

  function write(message: string, container: string): void {
    journal.append([
      ['MESSAGE', message],
      ['TAG', 'a'],
      ['CONTAINER_ID', container],
    ]);
  }

  it.each([
    ...['sse', 'text', 'export', 'lines'].map((format) => `format=${format}`),
    'filter=TAG:a&grep=line',
    'container=c2&container=c1&filter=!CONTAINER_ID:none',
  ])('and %s has what comes of that one only', async (query) => {
    write('line begins', 'c1');
    const answer = await OpenAnswer.open(agent, `/v3/follow?tail=1&${query}`, { scope });
    open.push(answer);
    await answer.until((text) => text.includes('line begins'));
    let told = '';
    for (const round of [1, 2]) {
      write(`line theirs ${round}`, 'c2');
      append(`line of no container ${round}`);
      write(`line mine ${round}`, 'c1');
      await answer.until((text) => {
        told += text;
        return text.includes(`line mine ${round}`);
      });
    }
    expect(told).not.toMatch(/theirs|no container/);
  });
});

describe('the line stream of a follow', () => {
  async function nextLine(answer: OpenAnswer): Promise<Line> {
    return parseLine(await answer.next());
  }

  async function lineOf<Kind extends Line['kind']>(answer: OpenAnswer, kind: Kind): Promise<Line & { kind: Kind }> {
    while (true) {
      const line = await nextLine(answer);
      if (line.kind === kind) return line as Line & { kind: Kind };
    }
  }

  it('has a watermark as soon as all there is was sent, and then whenever it is quiet', async () => {
    const before = Date.now() * 1000;
    const answer = await follow('tail=2&format=lines&watermarks=20');
    const kinds = [await nextLine(answer), await nextLine(answer)].map(({ kind }) => kind);
    expect(kinds).toEqual(['entry', 'entry']);
    const first: WatermarkLine = await lineOf(answer, 'watermark');
    expect(first.position).toBe(journal.cursors[11]);
    expect(first.realtime).toBeGreaterThan(before - 1e6);
    expect(first.realtime).toBeLessThanOrEqual(Date.now() * 1000 - 20_000);
    const second = await lineOf(answer, 'watermark');
    expect(second.realtime - first.realtime).toBeGreaterThanOrEqual(15_000);
  });

  it('resumes at a watermark that nothing matched before, without loss and without repeating', async () => {
    const answer = await follow('filter=TAG:b&format=lines&watermarks=10');
    append('passed over');
    let mark: WatermarkLine;
    do mark = await lineOf(answer, 'watermark');
    while (mark.position !== journal.cursors[12]);
    answer.cut();
    append('wanted', 'b');
    const query = `filter=TAG:b&format=lines&watermarks=10&cursor=${encodeURIComponent(mark.position ?? '')}`;
    const resumed = await follow(query);
    const entry: EntryLine = await lineOf(resumed, 'entry');
    expect(entry.payload).toContain('"wanted"');
    expect(entry.position).toBe(journal.cursors[13]);
  });

  it('has sent every entry at or before a watermark', async () => {
    const answer = await follow('tail=0&format=lines&watermarks=10');
    await lineOf(answer, 'watermark');
    for (let round = 0; round < 5; round++) {
      append(`r${round}`);
      const entry = await lineOf(answer, 'entry');
      expect(entry.payload).toContain(`"r${round}"`);
      const mark = await lineOf(answer, 'watermark');
      expect(mark.position).toBe(entry.position);
    }
  });

  it('starts at a realtime, and where nothing is that late, with what comes', async () => {
    const late = await follow(`from=${start + 10 * step}&format=lines`);
    expect(await nextLine(late)).toMatchObject({ kind: 'entry', realtime: start + 10 * step });
    const later = await follow(`from=${start + 1000 * step}&format=lines`);
    expect(await nextLine(later)).toMatchObject({ kind: 'watermark' });
    append('now');
    expect((await lineOf(later, 'entry')).payload).toContain('"now"');
  });
});
