import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encoderFor } from '../../src/encode/encoder.ts';
import { EncodingCache } from '../../src/encode/encoding-cache.ts';
import { OutputBuffer } from '../../src/encode/output-buffer.ts';
import type { Entry } from '../../src/journal/entry.ts';
import { damagedValue, FakeFile, type FakeItem } from './fake-file.ts';
import { naiveJson } from './naive.ts';

function encoded(
  entries: readonly Entry[],
  cache = new EncodingCache(),
  withheld: ReadonlySet<string> = new Set(),
): string {
  const encoder = encoderFor('json', 'range', { cache, withheld });
  const output = new OutputBuffer();
  for (const entry of entries) encoder.encode(entry, output);
  return output.take()?.toString() ?? '';
}

describe('an entry as JSON', () => {
  it('is the line that dcos-log prints', () => {
    const entry = new FakeFile().entry(
      [
        ['_UID', '0'],
        ['AGENT_ID', 'ag1'],
        ['MESSAGE', 'a <b>\n'],
        ['CONTAINER_ID', 'c1'],
      ],
      { seqnum: 255, monotonic: 1_192_698_917, realtime: 1_795_253_196_157_329, xorHashHigh: 0, xorHashLow: 0x2a },
    );
    expect(encoded([entry])).toBe(
      '{"fields":{"AGENT_ID":"ag1","CONTAINER_ID":"c1","MESSAGE":"a \\u003cb\\u003e\\n","_UID":"0"},' +
        '"cursor":"s=0123456789abcdef0123456789abcdef;i=ff;b=fedcba9876543210fedcba9876543210;m=47172425;t=660c5f509f191;x=2a",' +
        '"monotonic_timestamp":1192698917,"realtime_timestamp":1795253196157329}\n',
    );
  });

  it('without any field has an empty object', () => {
    const file = new FakeFile();
    const entries = [file.entry([]), file.entry([]), file.entry([])];
    expect(encoded(entries)).toBe(entries.map((entry) => naiveJson(entry)).join(''));
  });

  it('keeps the last value of a repeated field, be it written before or new', () => {
    const file = new FakeFile();
    const entries = [];
    for (let round = 0; round < 4; round++) {
      entries.push(
        file.entry([
          ['SYSLOG_FACILITY', '3'],
          ['SYSLOG_FACILITY', `new ${round}`],
          ['MESSAGE', `${round}`],
        ]),
        file.entry([
          ['SYSLOG_FACILITY', `newer ${round}`],
          ['SYSLOG_FACILITY', '3'],
          ['MESSAGE', 'the same'],
        ]),
      );
    }
    const lines = encoded(entries)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).fields.SYSLOG_FACILITY);
    expect(lines).toEqual(['new 0', '3', 'new 1', '3', 'new 2', '3', 'new 3', '3']);
  });

  it('goes without a damaged item, and then shows the value before it', () => {
    const file = new FakeFile();
    const entries = Array.from({ length: 12 }, (_, round) =>
      file.entry([
        ['A', 'first'],
        ['A', round % 3 === 0 ? damagedValue : 'second'],
        ['MESSAGE', round % 4 === 0 ? damagedValue : `${round}`],
        ['Z', damagedValue],
      ]),
    );
    expect(encoded(entries)).toBe(entries.map((entry) => naiveJson(entry)).join(''));
  });

  it('is not spoiled when an item of the same id is of another file', () => {
    const files = [new FakeFile(), new FakeFile()];
    const entries = [0, 1, 2, 3].flatMap((round) =>
      files.map((file, number) =>
        file.entry([
          [`FIELD_${number}`, `value ${number}`],
          ['MESSAGE', `${round}`],
        ]),
      ),
    );
    expect(encoded(entries)).toBe(entries.map((entry) => naiveJson(entry)).join(''));
  });

  it('reads only what differs from entries like it, once templates know them', () => {
    const file = new FakeFile();
    const entry = (round: number) =>
      file.entry([
        ['_HOSTNAME', 'node'],
        ['_UID', '0'],
        ['MESSAGE', `message ${round}`],
        ['_SOURCE_REALTIME_TIMESTAMP', `${1_000_000 + round}`],
      ]);
    const cache = new EncodingCache();
    const first = [0, 1, 2, 3].map(entry);
    encoded(first, cache);
    const later = entry(4);
    expect(encoded([later], cache)).toContain('message 4');
    expect(later.loaded).toEqual([2, 3]);
  });

  it('does not show withheld fields, and a template for one caller never serves another', () => {
    const file = new FakeFile();
    const cache = new EncodingCache();
    const withheld = new Set(['SECRET', 'MESSAGE']);
    for (let round = 0; round < 5; round++) {
      const entry = file.entry([
        ['SECRET', 'constant'],
        ['MESSAGE', `message ${round}`],
        ['UNIT', 'u'],
      ]);
      expect(encoded([entry], cache, withheld)).toBe(naiveJson(entry, withheld));
      expect(encoded([entry], cache)).toBe(naiveJson(entry));
    }
  });

  it('is right for entries larger than a chunk', () => {
    const file = new FakeFile();
    const entries = [1, 2, 3].map((round) =>
      file.entry([
        ['MESSAGE', `${round}\n`.repeat(100_000)],
        ['A', 'a'],
        ['Z', 'z'],
      ]),
    );
    expect(encoded(entries)).toBe(entries.map((entry) => naiveJson(entry)).join(''));
  });

  it('is right when more field names come than can have numbers', () => {
    const cache = new EncodingCache();
    const file = new FakeFile();
    const entries = Array.from({ length: 6000 }, (_, round) =>
      file.entry([
        ['MESSAGE', `${round % 7}`],
        [`INVENTED_${round}`, 'x'],
        ['UNIT', 'u'],
        ['N'.repeat(70), 'long'],
      ]),
    );
    expect(encoded(entries, cache)).toBe(entries.map((entry) => naiveJson(entry)).join(''));
  });
});

const names = ['MESSAGE', '_SOURCE_REALTIME_TIMESTAMP', 'A', 'B', 'B1', 'B_', '_B', 'PRIORITY', 'REQUEST_ID', 'é'];
const item: fc.Arbitrary<FakeItem> = fc.tuple(
  fc.constantFrom(...names),
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('', 'x', 'y=z', '<&>', 'a\nb', damagedValue) },
    { weight: 2, arbitrary: fc.nat(40).map(String) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)) },
  ),
);
const written = fc.record({
  file: fc.nat(2),
  items: fc.array(item, { maxLength: 8 }),
  sorted: fc.boolean(),
  seqnum: fc.maxSafeNat(),
  realtime: fc.maxSafeNat(),
});

describe('templates', () => {
  it('give what reading every item gives, which is what dcos-log gives, whatever the entries and their order', () => {
    fc.assert(
      fc.property(
        fc.array(written, { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat(100), { maxLength: 60 }),
        (shapes, order) => {
          // The same shapes come again and again, in any order: that is what templates are for.
          const cache = new EncodingCache({ bytes: 1 << 14 });
          const files = [new FakeFile(), new FakeFile(), new FakeFile()];
          const plainFile = new FakeFile(undefined);
          for (const turn of order) {
            const shape = shapes[turn % shapes.length];
            if (shape === undefined) continue;
            const entry = files[shape.file]?.entry(shape.items, shape, shape.sorted);
            if (entry === undefined) continue;
            const expected = naiveJson(entry);
            expect(encoded([entry], cache)).toBe(expected);
            const plain = plainFile.entry(shape.items, shape);
            expect(encoded([plain], cache)).toBe(naiveJson(plain));
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('stay within their budget on a journal whose values never come twice in the same company', () => {
    const cache = new EncodingCache({ bytes: 1 << 18 });
    const file = new FakeFile();
    let seed = 1;
    const next = (bound: number) => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return (seed >>> 8) % bound;
    };
    const encoder = encoderFor('json', 'range', { cache });
    const output = new OutputBuffer();
    for (let round = 0; round < 30_000; round++) {
      const entry = file.entry([
        ['MESSAGE', `one of a few hundred ${next(300)}`],
        ['REQUEST', `${next(500)}`],
        ['CONTAINER_ID', `${next(20)}`],
        ['STREAM', next(2) === 0 ? 'STDOUT' : 'STDERR'],
        ['FRAMEWORK_ID', 'f'],
      ]);
      const start = output.length;
      encoder.encode(entry, output);
      if (round % 97 === 0) expect(output.bytes.toString('utf8', start, output.length)).toBe(naiveJson(entry));
      if (output.isFull) output.take();
      expect(cache.bytes).toBeLessThanOrEqual(1 << 18);
    }
  });

  it('learn to leave a hole for a field of many values, so that a template serves again', () => {
    const cache = new EncodingCache();
    const file = new FakeFile();
    const entryOf = (round: number) =>
      file.entry([
        ['UNIT', 'u'],
        ['REQUEST', `${(Math.imul(round, 0x9e37_79b1) >>> 8) % 3000}`],
        ['SHARD', `${(Math.imul(round, 0x85eb_ca6b) >>> 8) % 50}`],
        ['MESSAGE', `${round}`],
      ]);
    const encoder = encoderFor('json', 'range', { cache });
    const output = new OutputBuffer();
    for (let round = 0; round < 40_000; round++) {
      encoder.encode(entryOf(round), output);
      output.take();
    }
    const later = entryOf(40_001);
    encoder.encode(later, output);
    expect(later.loaded.sort()).toEqual([1, 3]);
  });
});
