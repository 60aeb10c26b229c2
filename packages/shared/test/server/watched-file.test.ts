import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { WatchedFile } from '../../src/server/watched-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'clusterlog-watched-'));
afterAll(() => rmSync(directory, { recursive: true }));

const path = join(directory, 'number');
let problems: string[];
const watch = (interval = 0) =>
  new WatchedFile({
    path,
    parse: (bytes) => {
      const value = Number(bytes.toString());
      if (Number.isNaN(value)) throw new Error('expected a number');
      return value;
    },
    onProblem: ({ message }) => problems.push(message),
    interval,
  });

describe('a watched file', () => {
  beforeEach(() => {
    problems = [];
    writeFileSync(path, '1');
  });

  test('is read again after it was written', () => {
    const file = watch();
    writeFileSync(path, '22');
    expect(file.content).toBe(22);
  });

  test('is read again after another file took its name', () => {
    const file = watch();
    writeFileSync(`${path}.new`, '3');
    renameSync(`${path}.new`, path);
    expect(file.content).toBe(3);
  });

  test('keeps its last good content while it holds something else, and says so once', () => {
    const file = watch();
    writeFileSync(path, 'three');
    expect([file.content, file.content]).toEqual([1, 1]);
    expect(problems).toEqual(['expected a number']);
  });

  test('keeps its last good content while it is gone, and is read when it comes back', () => {
    const file = watch();
    rmSync(path);
    expect([file.content, file.content]).toEqual([1, 1]);
    expect(problems).toHaveLength(1);
    writeFileSync(path, '4');
    expect(file.content).toBe(4);
  });

  test('keeps its last good content while it cannot even be looked at', () => {
    const file = watch();
    rmSync(path);
    symlinkSync('number', path);
    expect([file.content, file.content]).toEqual([1, 1]);
    expect(problems.join()).toContain('ELOOP');
    rmSync(path);
    writeFileSync(path, '5');
    expect(file.content).toBe(5);
  });

  test('is not looked at more often than the interval says', () => {
    const file = watch(60_000);
    writeFileSync(path, '5');
    expect(file.content).toBe(1);
  });

  test('must be good at first', () => {
    writeFileSync(path, 'one');
    expect(() => watch()).toThrow('expected a number');
    rmSync(path);
    expect(() => watch()).toThrow('ENOENT');
  });
});
