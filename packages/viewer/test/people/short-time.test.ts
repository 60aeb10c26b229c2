import { expect, test } from 'vitest';
import { shortTime } from '../../src/people/short-time.ts';

test('a time of today has no date, that of another day has one', () => {
  const now = new Date(2026, 10, 21, 18, 0);
  expect(shortTime(new Date(2026, 10, 21, 14, 5), now)).toMatch(/^0?2:05|^14:05/);
  expect(shortTime(new Date(2026, 10, 20, 14, 5), now)).toMatch(/2026.*:05/);
});
