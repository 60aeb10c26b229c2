import { PassThrough } from 'node:stream';
import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { LineReader } from '../../src/cluster/line-reader.ts';

/** Lines as they come, and how it ended. */
function reading(onLine: (line: string, reader: LineReader) => void = () => undefined) {
  const body = new PassThrough();
  const lines: string[] = [];
  let end: (error: Error | undefined) => void;
  const ended = new Promise<Error | undefined>((resolve) => {
    end = resolve;
  });
  const reader: LineReader = new LineReader(body, {
    onLine: (line) => {
      lines.push(line);
      onLine(line, reader);
    },
    onEnd: (error) => end(error),
  });
  return { body, lines, ended, reader };
}

describe('a reader of lines', () => {
  property.prop([
    fc.array(fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.replaceAll('\n', ' ').padEnd(1, '.'))),
    fc.integer({ min: 1, max: 60 }),
  ])('gives every line once, wherever the stream was cut into chunks', async (expected, size) => {
    const { body, lines, ended } = reading();
    const bytes = Buffer.from(expected.map((line) => `${line}\n`).join(''));
    for (let at = 0; at < bytes.length; at += size) body.write(bytes.subarray(at, at + size));
    body.end();
    expect(await ended).toBeUndefined();
    expect(lines).toEqual(bytes.toString().split('\n').slice(0, -1));
  });

  test('gives hardly more once it is paused, and all of it when it goes on, to the end', async () => {
    const all = Array.from({ length: 2_000 }, (_, i) => `${i} ${'.'.repeat(200)}`);
    const { body, lines, ended, reader } = reading((_line, paused) => paused.pause());
    body.end(`${all.join('\n')}\n`);
    let most = 0;
    for (let seen = -1; lines.length < all.length; seen = lines.length) {
      if (seen === lines.length) await new Promise(setImmediate);
      const before = lines.length;
      reader.resume();
      most = Math.max(most, lines.length - before);
    }
    reader.resume();
    expect(await ended).toBeUndefined();
    expect(lines).toEqual(all);
    expect(most).toBeLessThanOrEqual(50);
  });

  test('gives lines far longer than what it reads at once', async () => {
    const long = 'x'.repeat(1_000_000);
    const { body, lines, ended } = reading();
    for (const part of [`first\n${long.slice(0, 300_000)}`, long.slice(300_000), '\nlast\n']) body.write(part);
    body.end();
    await ended;
    expect(lines).toEqual(['first', long, 'last']);
  });

  test('says when the stream broke', async () => {
    const { body, lines, ended } = reading();
    body.write('whole\nhal');
    await new Promise(setImmediate);
    body.destroy(new Error('connection reset'));
    expect(await ended).toMatchObject({ message: 'connection reset' });
    expect(lines).toEqual(['whole']);
  });
});
