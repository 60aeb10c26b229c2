import { describe, expect, it } from 'vitest';
import { FileEventEncoder } from '../../src/encode/file-event-encoder.ts';
import type { SandboxFile } from '../../src/files/sandbox-file.ts';
import { ByteStream } from '../../src/read/byte-stream.ts';
import { followEither } from '../../src/read/follow-either.ts';
import { followFile } from '../../src/read/follow-file.ts';

/** A file in memory, given in pieces of any size. */
class MemoryFile implements SandboxFile {
  bytes: Buffer;
  readonly #piece: number;

  constructor(content: string, piece = Number.POSITIVE_INFINITY) {
    this.bytes = Buffer.from(content);
    this.#piece = piece;
  }

  size(): Promise<number> {
    return Promise.resolve(this.bytes.length);
  }

  read(offset: number, length: number): Promise<Buffer> {
    return Promise.resolve(this.bytes.subarray(offset, offset + Math.min(length, this.#piece)));
  }
}

const encoder = (longestEvent = 65_535) =>
  new FileEventEncoder(
    { AGENT_ID: 'S0', CONTAINER_ID: 'c', EXECUTOR_ID: 'e', FILE: 'stdout', FRAMEWORK_ID: 'f' },
    { longestEvent, withheld: new Set(['AGENT_ID', 'CONTAINER_ID', 'EXECUTOR_ID', 'FILE', 'FRAMEWORK_ID']) },
  );

async function firstEvents(stream: ByteStream, count: number): Promise<string[]> {
  let text = '';
  for await (const chunk of stream) {
    text += chunk.toString();
    if (text.split('\n\n').length > count) break;
  }
  return text.split('\n\n').slice(0, count);
}

describe('a follow of a file', () => {
  it.each([1, 2, 3, 5, 8])('gives the same events when the file comes in pieces of %i bytes', async (piece) => {
    const file = new MemoryFile('one\n\n日本語\nlast', piece);
    expect(await firstEvents(followFile(file, encoder(), { start: 0 }), 3)).toEqual([
      'id: 3\ndata: {"fields":{"MESSAGE":"one"}}',
      'id: 4\ndata: {"fields":{"MESSAGE":""}}',
      'id: 14\ndata: {"fields":{"MESSAGE":"日本語"}}',
    ]);
  });

  it.each([7, 1000])('cuts lines longer than an event at the same place, in pieces of %i bytes', async (piece) => {
    const file = new MemoryFile(`${'x'.repeat(5000)}\n${'y'.repeat(80)}\n`, piece);
    const [first = '', second = ''] = await firstEvents(followFile(file, encoder(200), { start: 0 }), 2);
    expect(Buffer.byteLength(first) + 2).toBeLessThanOrEqual(200);
    const [, shown = '', missing] = /"MESSAGE":"(x+)… \[(\d+) bytes more\]"/.exec(first) ?? [];
    expect(shown.length + Number(missing)).toBe(5000);
    expect(second).toBe(`id: 5081\ndata: {"fields":{"MESSAGE":"${'y'.repeat(80)}"}}`);
  });

  it('gives a sign of life when nothing comes', async () => {
    const file = new MemoryFile('one\n');
    expect(await firstEvents(followFile(file, encoder(), { start: 4, pingAfter: 20 }), 3)).toEqual([
      ': ping',
      ': ping',
      ': ping',
    ]);
  });

  it('gives what was begun of a line when the file is cut, without an id, and goes on at its beginning', async () => {
    const file = new MemoryFile('one\nbegun');
    const cuts: number[] = [];
    const stream = followFile(file, encoder(), { start: 0, onCut: (offset) => cuts.push(offset) });
    const seen: string[] = [];
    for await (const chunk of stream) {
      seen.push(chunk.toString());
      if (seen.length === 1) file.bytes = Buffer.from('new\n');
      else break;
    }
    expect(seen).toEqual([
      'id: 3\ndata: {"fields":{"MESSAGE":"one"}}\n\n',
      'data: {"fields":{"MESSAGE":"begun"}}\n\nid: 3\ndata: {"fields":{"MESSAGE":"new"}}\n\n',
    ]);
    expect(cuts).toEqual([9]);
  });

  it('waits for a file that is gone', async () => {
    const gone: SandboxFile = { size: async () => undefined, read: async () => Buffer.alloc(0) };
    expect(await firstEvents(followFile(gone, encoder(), { start: 3, pingAfter: 10 }), 2)).toEqual([
      ': ping',
      ': ping',
    ]);
  });
});

describe('a follow of what is in neither place yet', () => {
  const stream = (text: string) =>
    new ByteStream(
      async function* (): AsyncGenerator<Buffer, undefined, undefined> {
        yield Buffer.from(`${text}\n\n`);
        return undefined;
      },
      () => {},
    );

  it('pings, and prefers the file when both have come', async () => {
    let looked = 0;
    const either = followEither({
      isInFile: async () => looked++ > 1,
      isInJournal: async () => looked > 2,
      file: () => stream('file'),
      journal: async () => stream('journal'),
      pingAfter: 1,
    });
    expect(await firstEvents(either, 3)).toEqual([': ping', ': ping', 'file']);
  });
});
