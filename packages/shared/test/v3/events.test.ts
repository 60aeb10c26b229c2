import { describe, expect, it } from 'vitest';
import { eventLine, eventMessage, eventText } from '../../src/v3/events.ts';

const gap = { event: 'gap', reason: 'vacuumed', from: 5 } as const;

describe('an event', () => {
  it('is the same object as a line and as a server-sent event', () => {
    expect(eventLine(gap)).toBe('{"event":"gap","reason":"vacuumed","from":5}\n');
    expect(eventMessage(gap)).toBe('event: gap\ndata: {"event":"gap","reason":"vacuumed","from":5}\n\n');
    expect(eventMessage({ event: 'checkpoint', cursor: 'c' }, 'c')).toBe(
      'id: c\nevent: checkpoint\ndata: {"event":"checkpoint","cursor":"c"}\n\n',
    );
  });

  it('is a line after two dashes in text, without control characters', () => {
    expect(eventText(gap)).toBe('-- gap reason=vacuumed from=5\n');
    expect(eventText({ event: 'end', reason: 'a\nb\u001b[0m' })).toBe('-- end reason=a b [0m\n');
  });

  it('of a checkpoint is nothing in text', () => {
    expect(eventText({ event: 'checkpoint', cursor: 'c' })).toBe('');
  });
});
