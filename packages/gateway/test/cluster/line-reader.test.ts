import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { LineReader } from '../../src/cluster/line-reader.ts';

/** The lines of these chunks, as the places say that they are told with. */
function linesOf(chunks: readonly Buffer[]): string[] {
  const lines: string[] = [];
  const reader = new LineReader({
    onLine: (line, bytes, start) => {
      expect(bytes.toString('latin1', start, start + line.length)).toBe(line);
      lines.push(bytes.toString('utf8', start, start + line.length));
    },
    onError: (error) => expect.unreachable(error.message),
  });
  for (const chunk of chunks) reader.write(chunk);
  return lines;
}

describe('a reader of lines', () => {
  property.prop([
    fc.array(fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.replaceAll('\n', ' ').padEnd(1, '.'))),
    fc.integer({ min: 1, max: 60 }),
  ])('gives every line once, and where it stands, wherever the stream was cut into chunks', (expected, size) => {
    const bytes = Buffer.from(expected.map((line) => `${line}\n`).join(''));
    const chunks: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
    expect(linesOf(chunks)).toEqual(bytes.toString().split('\n').slice(0, -1));
  });

  test('gives lines far longer than what it reads at once', () => {
    const long = 'x'.repeat(1_000_000);
    const parts = [`first\n${long.slice(0, 300_000)}`, long.slice(300_000), '\nlast\n'];
    expect(linesOf(parts.map((part) => Buffer.from(part)))).toEqual(['first', long, 'last']);
  });

  test('gives nothing of a line that was cut', () => {
    expect(linesOf([Buffer.from('whole\nhal')])).toEqual(['whole']);
  });
});
