import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EntryFormat, encoderFor } from '../../src/encode/encoder.ts';
import { EncodingCache } from '../../src/encode/encoding-cache.ts';
import { OutputBuffer } from '../../src/encode/output-buffer.ts';
import { FakeFile, type FakeItem } from './fake-file.ts';
import { naiveCursor, naiveJson } from './naive.ts';

const longestLine = 65_535;

interface Shown {
  readonly fields: Record<string, string>;
  readonly cursor: string;
  readonly realtime_timestamp: number;
  readonly monotonic_timestamp: number;
}

function encoded(
  items: readonly FakeItem[],
  format: EntryFormat = 'json',
  withheld = new Set<string>(),
  limit = longestLine,
) {
  const entry = new FakeFile().entry(items);
  const encoder = encoderFor(format, 'stream', { cache: new EncodingCache(), withheld, longestLine: limit });
  const output = new OutputBuffer();
  output.append(Buffer.from('before'));
  expect(encoder.encode(entry, output)).toBe(true);
  const bytes = Buffer.from(output.bytes.subarray(6, output.length));
  expect(output.bytes.toString('latin1', 0, 6)).toBe('before');
  const text = bytes.toString();
  const json = JSON.parse(text.replace(/^id: .*\ndata: /, '')) as Shown;
  return { entry, size: bytes.length, text, ...json };
}

const mark = /… \[(\d+) bytes more\]$/;

describe('an entry that fits into a line', () => {
  it.each(['json', 'sse'] as const)('stays as it is, up to the last byte, as %s', (format) => {
    const room = longestLine - encoded([['MESSAGE', '']], format).size;
    for (const [length, isWhole] of [
      [room, true],
      [room + 1, false],
    ] as const) {
      const { fields, size } = encoded([['MESSAGE', 'x'.repeat(length)]], format);
      expect(fields.MESSAGE === 'x'.repeat(length)).toBe(isWhole);
      expect(size).toBeLessThanOrEqual(longestLine);
    }
  });
});

describe('an entry too long for a line', () => {
  it.each(['json', 'sse'] as const)('has a shorter message and says by how much, as %s', (format) => {
    const message = 'é<'.repeat(100_000);
    const { entry, fields, size, text, ...rest } = encoded(
      [
        ['MESSAGE', message],
        ['UNIT', 'u'.repeat(1000)],
        ['_PID', '1'],
      ],
      format,
    );
    expect(size).toBeLessThanOrEqual(longestLine);
    expect(size).toBeGreaterThan(longestLine - 64);
    const shown = fields.MESSAGE ?? '';
    const kept = shown.replace(mark, '');
    expect(message.startsWith(kept)).toBe(true);
    expect(Number(mark.exec(shown)?.[1])).toBe(Buffer.byteLength(message) - Buffer.byteLength(kept));
    expect(fields).toMatchObject({ UNIT: 'u'.repeat(1000), _PID: '1' });
    expect(rest).toEqual({
      cursor: naiveCursor(entry),
      monotonic_timestamp: entry.monotonic,
      realtime_timestamp: entry.realtime,
    });
    if (format === 'sse') expect(text).toMatch(new RegExp(`^id: ${naiveCursor(entry)}\ndata: [^\n]*\n\n$`));
  });

  it('is whole as text', () => {
    const entry = new FakeFile().entry([['MESSAGE', 'x'.repeat(100_000)]]);
    const output = new OutputBuffer();
    encoderFor('text', 'stream', { cache: new EncodingCache(), longestLine }).encode(entry, output);
    expect(output.length).toBeGreaterThan(100_000);
  });

  it('keeps its message where another field is what is long', () => {
    const { fields, size } = encoded([
      ['COREDUMP', 'c'.repeat(200_000)],
      ['MESSAGE', 'crashed'],
      ['STACK', 's'.repeat(200_000)],
    ]);
    expect(fields.MESSAGE).toBe('crashed');
    expect([fields.COREDUMP?.slice(0, 20_000), fields.STACK?.slice(0, 20_000)]).toEqual([
      'c'.repeat(20_000),
      's'.repeat(20_000),
    ]);
    expect(size).toBeGreaterThan(longestLine - 64);
  });

  it('loses fields where their names alone are too many, the message last', () => {
    const items = Array.from(
      { length: 3000 },
      (_, index): FakeItem => [`FIELD_${index}_${'N'.repeat(40)}`, `${index}`],
    );
    const { fields, size } = encoded([...items, ['MESSAGE', 'm']]);
    expect(size).toBeLessThanOrEqual(longestLine);
    expect(Object.keys(fields).length).toBeGreaterThan(1000);
    expect(fields.MESSAGE).toBe('m');
  });

  it('is measured without what is withheld, which stays so', () => {
    const items: FakeItem[] = [
      ['SECRET', 's'.repeat(100_000)],
      ['MESSAGE', 'm'.repeat(60_000)],
    ];
    expect(encoded(items, 'json', new Set(['SECRET'])).fields).toEqual({ MESSAGE: 'm'.repeat(60_000) });
    const longer = encoded(
      [
        ['SECRET', 's'],
        ['MESSAGE', 'm'.repeat(100_000)],
      ],
      'sse',
      new Set(['SECRET']),
    ).fields;
    expect(Object.keys(longer)).toEqual(['MESSAGE']);
  });

  it('does not spoil what is known of whole values', () => {
    const file = new FakeFile();
    const cache = new EncodingCache();
    const output = new OutputBuffer();
    const items: FakeItem[] = [
      ['MESSAGE', 'same'],
      ['BIG', 'b'.repeat(70_000)],
    ];
    for (let round = 0; round < 4; round++) {
      const entry = file.entry(items);
      encoderFor('json', 'stream', { cache, longestLine }).encode(entry, output);
      const start = output.length;
      encoderFor('json', 'stream', { cache }).encode(entry, output);
      expect(output.bytes.toString('utf8', start, output.length)).toBe(naiveJson(entry));
    }
  });
});

describe('a line', () => {
  const value = fc.oneof(
    fc
      .tuple(fc.constantFrom('x', 'é', '<', '\n', '\u2028', '𝄞', '"'), fc.nat(900))
      .map(([one, count]) => one.repeat(count)),
    fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
  );
  const name = fc.constantFrom('MESSAGE', 'A', 'B', 'PRIORITY', 'N'.repeat(300), 'damaged<&>', 'é');
  const items = fc.array(fc.tuple(name, value), { maxLength: 12 });

  it('is within the limit, JSON, and each value the beginning of what it was, whatever the entry', () => {
    fc.assert(
      fc.property(
        items,
        fc.constantFrom('json', 'sse'),
        fc.integer({ min: 600, max: 5000 }),
        (written, format, limit) => {
          const { entry, fields, cursor, size, text } = encoded(written, format, new Set(), limit);
          expect(size).toBeLessThanOrEqual(limit);
          expect(cursor).toBe(naiveCursor(entry));
          const whole = naiveJson(entry);
          const json = text.replace(/^id: .*\ndata: /, '');
          if (
            Buffer.byteLength(text) - Buffer.byteLength(json) + Buffer.byteLength(whole) + (format === 'sse' ? 1 : 0) <=
            limit
          ) {
            expect(json.trimEnd()).toBe(whole.trimEnd());
          }
          const wholeFields = (JSON.parse(whole) as Shown).fields;
          for (const [key, shown] of Object.entries(fields)) {
            const before = wholeFields[key] ?? '';
            expect(before.startsWith(shown) || before.startsWith(shown.replace(mark, ''))).toBe(true);
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});
