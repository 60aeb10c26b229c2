import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encoderFor } from '../../src/encode/encoder.ts';
import { EncodingCache } from '../../src/encode/encoding-cache.ts';
import { OutputBuffer } from '../../src/encode/output-buffer.ts';
import type { Entry } from '../../src/journal/entry.ts';
import { damagedValue, FakeFile } from './fake-file.ts';

const realtime = Date.UTC(2026, 10, 21, 9, 26, 36, 157) * 1000 + 329;

function encoded(entries: readonly Entry[], withheld: ReadonlySet<string> = new Set()): string {
  const encoder = encoderFor('text', 'range', { cache: new EncodingCache(), withheld });
  const output = new OutputBuffer();
  for (const entry of entries) encoder.encode(entry, output);
  return output.take()?.toString('latin1') ?? '';
}

describe('an entry as text', () => {
  const zone = process.env.TZ;
  beforeEach(() => {
    process.env.TZ = 'UTC';
  });
  afterEach(() => {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });

  it('is its time in whole seconds and its message', () => {
    const entry = new FakeFile().entry(
      [
        ['MESSAGE', 'm1'],
        ['PRIORITY', '6'],
      ],
      { realtime },
    );
    expect(encoded([entry])).toBe('2026-11-21 09:26:36: m1\n');
  });

  it("has the server's local time", () => {
    process.env.TZ = 'Asia/Kolkata';
    const entry = new FakeFile().entry([['MESSAGE', 'm1']], { realtime });
    expect(encoded([entry])).toBe('2026-11-21 14:56:36: m1\n');
  });

  it('has its own second, not that of the entry before', () => {
    const file = new FakeFile();
    const entries = [0, 999_999, 1_000_000, 0].map((later) =>
      file.entry([['MESSAGE', 'm']], { realtime: 1e15 + later }),
    );
    expect(encoded(entries)).toBe(
      '2001-09-09 01:46:40: m\n2001-09-09 01:46:40: m\n2001-09-09 01:46:41: m\n2001-09-09 01:46:40: m\n',
    );
  });

  it('keeps every byte of the message: line breaks, binary, nothing at all', () => {
    const file = new FakeFile();
    const messages = [Buffer.from('a\nb'), Buffer.from([0, 0xff, 0xc3]), Buffer.alloc(0)];
    const entries = messages.map((message) => file.entry([['MESSAGE', message]], { realtime }));
    const time = '2026-11-21 09:26:36: ';
    expect(encoded(entries)).toBe(`${time}a\nb\n${time}\0\xff\xc3\n${time}\n`);
  });

  it('is nothing without a message, with a damaged one, or with a withheld one', () => {
    const file = new FakeFile();
    const encoder = encoderFor('text', 'range', { cache: new EncodingCache() });
    const output = new OutputBuffer();
    expect(encoder.encode(file.entry([['MESSAGES', 'm']]), output)).toBe(false);
    expect(encoder.encode(file.entry([['MESSAGE', damagedValue]]), output)).toBe(false);
    expect(output.length).toBe(0);
    expect(encoded([file.entry([['MESSAGE', 'm']])], new Set(['MESSAGE']))).toBe('');
  });

  it('shows the last of several messages, be it old or new', () => {
    const file = new FakeFile();
    const entries = [
      file.entry(
        [
          ['MESSAGE', 'old'],
          ['A', 'a'],
          ['MESSAGE', 'new'],
          ['B', 'b'],
        ],
        { realtime },
      ),
      file.entry(
        [
          ['MESSAGE', 'newer'],
          ['A', 'a'],
          ['MESSAGE', 'old'],
          ['B', 'b'],
        ],
        { realtime },
      ),
      file.entry(
        [
          ['MESSAGE', 'newest'],
          ['A', 'a'],
          ['MESSAGE', 'old'],
          ['B', 'b'],
        ],
        { realtime },
      ),
    ];
    expect(encoded(entries).replace(/.*: /g, '')).toBe('new\nold\nold\n');
  });

  it('does not read the items that are known to be something else', () => {
    const file = new FakeFile();
    const cache = new EncodingCache();
    const encoder = encoderFor('text', 'range', { cache });
    const entryOf = (message: string) =>
      file.entry([
        ['MESSAGE', message],
        ['_HOSTNAME', 'node'],
        ['_UID', '0'],
      ]);
    const entries = ['1', '2', '3'].map(entryOf);
    for (const entry of entries) encoder.encode(entry, new OutputBuffer());
    expect(entries.map((entry) => entry.loaded)).toEqual([[2, 1, 0], [2, 1, 0], [0]]);
  });

  it('works for sources without item ids', () => {
    const entry = new FakeFile(undefined).entry(
      [
        ['MESSAGE', 'm1'],
        ['A', 'a'],
      ],
      { realtime },
    );
    expect(encoded([entry])).toBe('2026-11-21 09:26:36: m1\n');
  });
});
