import { expect } from 'vitest';
import type { Point } from '../chapter.ts';
import { textMessages } from '../reading.ts';
import { allLines } from '../world.ts';

/** Where a range starts: cursors, skips, directions. */
export function positionPoints(point: Point): void {
  point(24, 'skip_prev=3 is the last three, and the headers say so', async (setUp, world) => {
    const answer = await setUp.ask(`/v1/range${world.container}?skip_prev=3`);
    expect([textMessages(answer), answer.header('x-journal-skip-prev')]).toEqual([['e1', 'e2', 'e3'], '3']);
    expect(answer.header('x-journal-skip-next')).toBe('0');
  });

  point(25, 'skip_prev beyond the beginning is everything, and the header tells how many', async (setUp, world) => {
    const answer = await setUp.ask(`/v1/range${world.container}?skip_prev=100`);
    expect([textMessages(answer), answer.header('x-journal-skip-prev')]).toEqual([allLines, '13']);
  });

  point(26, 'skip_next=3&limit=2 is the third and the fourth', async (setUp, world) => {
    expect(textMessages(await setUp.ask(`/v1/range${world.container}?skip_next=3&limit=2`))).toEqual(['m3', 'm4']);
  });

  point(27, 'a cursor is exclusive', async (setUp, world) => {
    const query = `cursor=${world.cursor('m5')}&limit=2`;
    expect(textMessages(await setUp.ask(`/v1/range${world.container}?${query}`))).toEqual(['m6', 'm7']);
  });

  point(28, 'skip_prev counts back from the cursor', async (setUp, world) => {
    const query = `cursor=${world.cursor('m5')}&skip_prev=2&limit=2`;
    expect(textMessages(await setUp.ask(`/v1/range${world.container}?${query}`))).toEqual(['m3', 'm4']);
  });

  point(
    29,
    'skip_prev from a cursor beyond the beginning runs on, and the header tells how far',
    async (setUp, world) => {
      const query = `cursor=${world.cursor('m5')}&skip_prev=10&limit=10`;
      const answer = await setUp.ask(`/v1/range${world.container}?${query}`);
      expect([textMessages(answer), answer.header('x-journal-skip-prev')]).toEqual([allLines.slice(0, 10), '4']);
    },
  );

  point(30, 'in reverse a cursor is exclusive, too', async (setUp, world) => {
    const query = `cursor=${world.cursor('m5')}&read_reverse=true&limit=2`;
    expect(textMessages(await setUp.ask(`/v1/range${world.container}?${query}`))).toEqual(['m4', 'm3']);
  });

  point(31, 'read_reverse=true&skip_prev=1 is newest first', async (setUp, world) => {
    const answer = await setUp.ask(`/v1/range${world.container}?read_reverse=true&skip_prev=1&limit=2`);
    expect(textMessages(answer)).toEqual(['e3', 'e2']);
  });

  point(32, 'a cursor may be encoded twice', async (setUp, world) => {
    const query = `cursor=${encodeURIComponent(world.cursor('m5'))}&limit=1`;
    expect(textMessages(await setUp.ask(`/v1/range${world.container}?${query}`))).toEqual(['m6']);
  });
}
