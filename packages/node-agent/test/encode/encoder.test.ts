import { describe, expect, it } from 'vitest';
import { encoderFor, formatAccepted } from '../../src/encode/encoder.ts';
import { EncodingCache } from '../../src/encode/encoding-cache.ts';
import { chunkSize, OutputBuffer } from '../../src/encode/output-buffer.ts';
import { FakeFile } from './fake-file.ts';
import { naiveCursor, naiveJson } from './naive.ts';

const cache = new EncodingCache();

describe('the format of an answer', () => {
  it.each([
    ['application/json', 'json'],
    ['text/event-stream', 'sse'],
    ['text/plain', 'text'],
    ['*/*', 'text'],
    ['application/json, text/plain', 'text'],
    ['application/json;q=0.9', 'text'],
    ['APPLICATION/JSON', 'text'],
    ['text/event-stream; charset=utf-8', 'text'],
    [undefined, 'text'],
  ])('for Accept: %s is %s', (accept, format) => {
    expect(formatAccepted(accept)).toBe(format);
  });

  it('is named without a charset', () => {
    const types = (['text', 'json', 'sse'] as const).map(
      (format) => encoderFor(format, 'range', { cache }).contentType,
    );
    expect(types).toEqual(['text/plain', 'application/json', 'text/event-stream']);
  });
});

describe('a server-sent event', () => {
  const entries = ['a\n\nb', 'second'].map((message) => new FakeFile().entry([['MESSAGE', message]]));
  const events = (face: 'range' | 'stream') => {
    const output = new OutputBuffer();
    const encoder = encoderFor('sse', face, { cache });
    for (const entry of entries) encoder.encode(entry, output);
    return output.take()?.toString();
  };

  it('of a range has data only', () => {
    expect(events('range')).toBe(entries.map((entry) => `data: ${naiveJson(entry)}\n`).join(''));
  });

  it('of a stream has the cursor as its id', () => {
    expect(events('stream')).toBe(
      entries.map((entry) => `id: ${naiveCursor(entry)}\ndata: ${naiveJson(entry)}\n`).join(''),
    );
  });
});

describe('an output buffer', () => {
  it('hands on what was written, once, in order', () => {
    const output = new OutputBuffer();
    const pieces = ['a', 'b'.repeat(20_000), 'c'.repeat(200_000), 'd'];
    for (const piece of pieces) output.append(Buffer.from(piece));
    expect(output.take()?.toString()).toBe(pieces.join(''));
    expect(output.take()).toBeUndefined();
    output.append(Buffer.from('e'));
    expect(output.take()?.toString()).toBe('e');
  });

  it('never writes again into what it handed on', () => {
    const output = new OutputBuffer();
    const taken: Buffer[] = [];
    for (let round = 0; round < 50; round++) {
      output.append(Buffer.alloc(round * 3000, round));
      taken.push(output.take() ?? Buffer.alloc(0));
    }
    for (const [round, chunk] of taken.entries()) expect(chunk.equals(Buffer.alloc(round * 3000, round))).toBe(true);
  });

  it('does not keep a large piece of memory alive for a small chunk', () => {
    const output = new OutputBuffer();
    output.append(Buffer.alloc(4 * chunkSize));
    output.take();
    output.append(Buffer.from('small'));
    expect(output.take()?.buffer.byteLength).toBeLessThanOrEqual(Buffer.poolSize);
    expect(output.bytes.length).toBe(0);
  });
});
