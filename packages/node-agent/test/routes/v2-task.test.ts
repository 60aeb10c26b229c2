import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { app, TaskWorld } from './task-world.ts';

let world: TaskWorld;
beforeAll(async () => {
  world = await TaskWorld.start();
});
afterAll(() => world.stop());

describe('a file of a sandbox', () => {
  beforeAll(() => {
    world.write(app, 'stdout', 'one\ntwo\nthree\nfour\nfive\n');
  });

  it.each([
    ['', 'one\ntwo\nthree\nfour\nfive\n'],
    ['?skip=2', 'three\nfour\nfive\n'],
    ['?cursor=END&skip=-2', 'four\nfive\n'],
    ['?skip=3&limit=1', 'four\n'],
    ['?cursor=7&skip=1', 'four\nfive\n'],
    ['?cursor=7&skip=-1&limit=1', 'two\n'],
    ['?cursor=END&skip=-5', 'one\ntwo\nthree\nfour\nfive\n'],
    ['?cursor=END&skip=-50', 'one\ntwo\nthree\nfour\nfive\n'],
    ['?cursor=END', ''],
    ['?cursor=BEG&limit=1', 'one\n'],
    ['?cursor=5', 'wo\nthree\nfour\nfive\n'],
    ['?cursor=1000', ''],
    ['?skip=-2', 'one\ntwo\nthree\nfour\nfive\n'],
    ['?limit=0', 'one\ntwo\nthree\nfour\nfive\n'],
    ['?limit=-3', 'one\ntwo\nthree\nfour\nfive\n'],
    ['?filter=A:b&limit=2', 'one\ntwo\n'],
  ])('answers %s as dcos-log does', async (query, expected) => {
    const answer = await world.ask(app, `stdout${query}`);
    expect([answer.status, await answer.text()]).toEqual([200, expected]);
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });
});
