import { beforeEach, describe, expect, test } from 'vitest';
import { isPinned, pinned, recent, rememberedOf, rememberShown, togglePin } from '../../src/sources/remembered.ts';

const web = { kind: 'service', value: '/web', name: 'web' } as const;

beforeEach(() => {
  pinned.value = [];
  recent.value = [];
});

describe('sources at hand', () => {
  test('are pinned and taken back', () => {
    togglePin(web);
    expect([isPinned(web), pinned.value]).toEqual([true, [web]]);
    togglePin(web);
    expect(isPinned(web)).toBe(false);
  });

  test('are those shown last, each once, the newest first, and not many', () => {
    for (let i = 0; i < 10; i++) rememberShown({ ...web, value: `/app-${i}` });
    rememberShown({ ...web, value: '/app-7' });
    expect(recent.value.map(({ value }) => value)).toEqual([
      '/app-7',
      '/app-9',
      '/app-8',
      '/app-6',
      '/app-5',
      '/app-4',
    ]);
  });

  test.each([
    ['nothing of use', 'x', undefined],
    ['no list', { kind: 'service' }, undefined],
    ['what is no source', [null, 1, {}, { kind: 'planet', value: 'a', name: 'a' }], []],
    ['too long a text', [{ kind: 'service', value: 'x'.repeat(2_000), name: 'x' }], []],
    ['more than is kept', [{ ...web, token: 'eyJ' }, web], [web]],
  ])('are taken from storage as far as they are sources: %s', (_what, stored, expected) => {
    expect(rememberedOf(stored, 1)).toEqual(expected);
  });
});
