import { expect, it } from 'vitest';
import { parsePriority } from '../../src/v3/priority.ts';

it.each([
  ['err', { from: 0, to: 3 }],
  ['3', { from: 0, to: 3 }],
  ['warning..err', { from: 3, to: 4 }],
  ['0..debug', { from: 0, to: 7 }],
  ['', undefined],
  ['8', undefined],
  ['error', undefined],
  ['err..', undefined],
  ['1..2..3', undefined],
])('the priority %j means %j', (text, expected) => {
  expect(parsePriority(text)).toEqual(expected);
});
