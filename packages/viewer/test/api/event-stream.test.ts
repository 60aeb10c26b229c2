import { fc, test as property } from '@fast-check/vitest';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { describe, expect, test } from 'vitest';
import { type EventStreamOptions, readEventStream } from '../../src/api/event-stream.ts';

/** An answer that comes in these chunks. */
function answerOf(chunks: Iterable<Uint8Array<ArrayBuffer>>): Response {
  const rest = chunks[Symbol.iterator]();
  return new Response(
    new ReadableStream({
      pull(controller) {
        const { done, value } = rest.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    }),
  );
}

async function read(chunks: Iterable<Uint8Array<ArrayBuffer>>, options?: EventStreamOptions) {
  const messages: EventSourceMessage[] = [];
  for await (const several of readEventStream(answerOf(chunks), options)) messages.push(...several);
  return messages;
}

const bytes = (text: string) => new TextEncoder().encode(text);

describe('server-sent events', () => {
  test('have an id, a name and lines of data; comments are not for anybody', async () => {
    expect(await read([bytes(': hello\n\nid: 1\nevent: gap\ndata: a\ndata: b\n\ndata:c\n\n')])).toEqual([
      { id: '1', event: 'gap', data: 'a\nb' },
      { id: undefined, event: undefined, data: 'c' },
    ]);
  });

  test('tell when to come again, and each chunk that something was heard', async () => {
    const waits: number[] = [];
    let heard = 0;
    const onBytes = () => {
      heard++;
    };
    await read([bytes('retry: 1500\nretry: soon\n\n'), bytes(':\n')], { onRetry: (wait) => waits.push(wait), onBytes });
    expect(waits).toEqual([1500]);
    expect(heard).toBe(2);
  });

  test('that never end are given up', async () => {
    const part = new Uint8Array(16 * 1024 * 1024).fill(0x78);
    await expect(read([bytes('data: '), ...Array.from({ length: 5 }, () => part)])).rejects.toThrow('exceeded');
  });

  const line = fc.oneof(
    fc.constantFrom(
      '',
      '',
      'data',
      'data:',
      'data: a',
      'data:  é',
      'id: 7',
      'id',
      'event: end',
      'event:',
      ': c',
      'x: y',
    ),
    fc.string({ maxLength: 5 }).map((text) => `data: ${text.replace(/[\r\n]/g, '')}`),
  );
  const stream = fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r')), { maxLength: 20 });

  property.prop([stream, fc.array(fc.nat({ max: 100 }), { maxLength: 8 })])(
    'are the same wherever the chunks end, amid a character, too',
    async (lines, cuts) => {
      const text = `${lines.map((parts) => parts.join('')).join('')}data: last\n\n`;
      const whole = bytes(text);
      const places = [0, ...cuts.map((cut) => Math.min(cut, whole.length)).sort((a, b) => a - b), whole.length];
      const chunks = places.slice(1).map((place, at) => whole.slice(places[at], place));
      const expected: EventSourceMessage[] = [];
      createParser({ onEvent: (message) => expected.push(message) }).feed(text);
      expect(await read(chunks)).toEqual(expected);
    },
  );
});
