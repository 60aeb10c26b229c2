import { fc, test as property } from '@fast-check/vitest';
import { createParser } from 'eventsource-parser';
import { describe, expect, test } from 'vitest';
import { type EventMessage, EventParser } from '../../src/api/event-parser.ts';

function parse(chunks: readonly string[]): EventMessage[] {
  const parser = new EventParser();
  return chunks.flatMap((chunk) => parser.feed(chunk));
}

describe('server-sent events', () => {
  test('have an id, a name and lines of data; comments are not for anybody', () => {
    expect(parse([': hello\n\nid: 1\nevent: gap\ndata: a\ndata: b\n\ndata:c\n\n'])).toEqual([
      { id: '1', event: 'gap', data: 'a\nb' },
      { id: undefined, event: undefined, data: 'c' },
    ]);
  });

  test('tell when to come again', () => {
    const waits: number[] = [];
    const parser = new EventParser((milliseconds) => waits.push(milliseconds));
    parser.feed('retry: 1500\nretry: soon\n\n');
    expect(waits).toEqual([1500]);
  });

  test('that never end are given up', () => {
    const parser = new EventParser();
    const part = 'x'.repeat(16 * 1024 * 1024);
    expect(() => {
      for (let i = 0; i < 5; i++) parser.feed(part);
    }).toThrow('found more');
  });

  const line = fc.oneof(
    fc.constantFrom(
      '',
      '',
      'data',
      'data:',
      'data: a',
      'data:  b',
      'id: 7',
      'id',
      'event: end',
      'event:',
      ': c',
      'x: y',
      'retry: 5',
    ),
    fc.string({ maxLength: 5 }).map((text) => `data: ${text.replace(/[\r\n]/g, '')}`),
  );
  const stream = fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r')), { maxLength: 20 });

  property.prop([stream, fc.array(fc.nat({ max: 100 }), { maxLength: 8 })])(
    'are read as eventsource-parser reads them, wherever the chunks end',
    (lines, cuts) => {
      const text = `${lines.map((parts) => parts.join('')).join('')}data: last\n\n`;
      const places = [0, ...cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b), text.length];
      const chunks = places.slice(1).map((place, at) => text.slice(places[at], place));
      const expected: EventMessage[] = [];
      const known = createParser({ onEvent: ({ id, event, data }) => expected.push({ id, event, data }) });
      known.feed(text);
      expect(parse(chunks)).toEqual(expected);
    },
  );
});
