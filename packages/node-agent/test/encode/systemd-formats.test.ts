import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { EntryEncoder } from '../../src/encode/encoder.ts';
import { EncodingCache } from '../../src/encode/encoding-cache.ts';
import { gatewaydEncoder } from '../../src/encode/gatewayd-encoder.ts';
import { OutputBuffer } from '../../src/encode/output-buffer.ts';
import type { Entry } from '../../src/journal/entry.ts';
import { fakeShape } from './fake-entries.ts';
import { FakeFile, type FakeItem } from './fake-file.ts';
import { naiveExport, naiveSystemdJson } from './naive-systemd.ts';

// Where much else runs, these take longer than a test usually may.
vi.setConfig({ testTimeout: 30_000 });

const types = {
  export: 'application/vnd.fdo.journal',
  json: 'application/json',
  events: 'text/event-stream',
  sequence: 'application/json-seq',
  short: 'text/plain',
};

function encoded(format: keyof typeof types, entry: Entry, cache = new EncodingCache()): Buffer {
  return written(gatewaydEncoder(types[format], { cache }), entry);
}

function written(encoder: EntryEncoder, entry: Entry): Buffer {
  const output = new OutputBuffer();
  encoder.encode(entry, output);
  return output.take() ?? Buffer.alloc(0);
}

/** The same shapes again and again, in any order, through one cache: what templates are for. */
function forEntries(check: (entry: Entry, plain: Entry, cache: EncodingCache) => void): void {
  fc.assert(
    fc.property(
      fc.array(fakeShape, { minLength: 1, maxLength: 10 }),
      fc.array(fc.nat(100), { maxLength: 40 }),
      (shapes, order) => {
        const cache = new EncodingCache({ bytes: 1 << 15 });
        const files = [new FakeFile(), new FakeFile(), new FakeFile()];
        const noIds = new FakeFile(undefined);
        for (const turn of order) {
          const shape = shapes[turn % shapes.length];
          const file = files[shape?.file ?? 0];
          if (shape === undefined || file === undefined) continue;
          const entry = file.entry(shape.items, shape, shape.sorted);
          check(entry, noIds.entry(shape.items, shape), cache);
        }
      },
    ),
    { numRuns: 200 },
  );
}

describe('an entry in export format', () => {
  it('has its address, then its fields in their own order, and an empty line', () => {
    const entry = new FakeFile().entry(
      [
        ['MESSAGE', 'one line'],
        ['_BOOT_ID', 'not again'],
        ['TAG', 'b'],
        ['TAG', 'a'],
        ['TEXT', 'two\nlines'],
      ],
      { seqnum: 255, monotonic: 1_192_698_917, realtime: 1_795_253_196_157_329, xorHashHigh: 0, xorHashLow: 0x2a },
    );
    const lines = [
      '__CURSOR=s=0123456789abcdef0123456789abcdef;i=ff;b=fedcba9876543210fedcba9876543210;m=47172425;t=660c5f509f191;x=2a',
      '__REALTIME_TIMESTAMP=1795253196157329',
      '__MONOTONIC_TIMESTAMP=1192698917',
      '__SEQNUM=255',
      '__SEQNUM_ID=0123456789abcdef0123456789abcdef',
      '_BOOT_ID=fedcba9876543210fedcba9876543210',
      'MESSAGE=one line',
      'TAG=b',
      'TAG=a',
      'TEXT',
      '\t\0\0\0\0\0\0\0two\nlines',
    ];
    expect(encoded('export', entry).toString('latin1')).toBe(`${lines.join('\n')}\n\n`);
  });

  it('shows no field whose name could pass for something else', () => {
    const forged: FakeItem[] = [
      ['__CURSOR', 'x'],
      ['A\nB', 'x'],
      ['', 'x'],
      ['N'.repeat(65), 'x'],
    ];
    const shown = encoded('export', new FakeFile().entry([...forged, ['GOOD', 'y']])).toString();
    expect(shown.split('\n').slice(6)).toEqual(['GOOD=y', '', '']);
  });

  it('is by templates what it is the plain way, and what the format means', () => {
    forEntries((entry, plain, cache) => {
      expect(encoded('export', entry, cache)).toEqual(naiveExport(entry));
      expect(encoded('export', plain, cache)).toEqual(naiveExport(plain));
    });
  });

  it('is right for entries larger than a chunk', () => {
    const file = new FakeFile();
    for (const value of ['x'.repeat(300_000), 'x\n'.repeat(150_000), `${'x'.repeat(300_000)}✓`]) {
      const entry = file.entry([['MESSAGE', value]]);
      expect(encoded('export', entry).equals(naiveExport(entry))).toBe(true);
    }
  });
});

describe('an entry as systemd’s JSON', () => {
  const entry = new FakeFile().entry([
    ['MESSAGE', 'a "b"\\\n\t✓'],
    ['TAG', 'first'],
    ['BYTES', Buffer.from([0, 10, 255])],
    ['TAG', Buffer.from([7])],
    ['LONG', 'x'.repeat(4091)],
    ['LONGEST', 'x'.repeat(4087)],
  ]);

  it('has arrays for repeated fields and for bytes, and null for what is long', () => {
    const object = JSON.parse(encoded('json', entry).toString());
    expect(object).toMatchObject({
      MESSAGE: 'a "b"\\\n\t✓',
      TAG: ['first', [7]],
      BYTES: [0, 10, 255],
      LONG: null,
      LONGEST: 'x'.repeat(4087),
    });
    expect(encoded('json', entry).toString()).toContain(
      ',"MESSAGE":"a \\"b\\"\\\\\\n\\t✓","TAG":["first",[7]],"BYTES":',
    );
  });

  it('is a line, an event or a record, as was asked', () => {
    const line = encoded('json', entry).toString();
    expect(line).toMatch(/^\{.*\}\n$/);
    expect(encoded('events', entry).toString()).toBe(`data: ${line}\n`);
    expect(encoded('sequence', entry).toString()).toBe(`\u001e${line}`);
  });

  it('is by templates what it is the plain way, and what the format means', () => {
    forEntries((entry, plain, cache) => {
      expect(JSON.parse(encoded('json', entry, cache).toString())).toEqual(naiveSystemdJson(entry));
      expect(encoded('json', plain, cache).toString()).toBe(encoded('json', plain).toString());
      expect(JSON.parse(encoded('json', plain, cache).toString())).toEqual(naiveSystemdJson(plain));
    });
  });
});

describe('an entry as short text', () => {
  const text = (...items: FakeItem[]) =>
    encoded('short', new FakeFile().entry(items))
      .toString()
      .replace(/^\w{3} \d\d \d\d:\d\d:\d\d/, 'TIME');

  it.each<[string, FakeItem[], string]>([
    [
      'host, program and process',
      [
        ['MESSAGE', 'm'],
        ['_HOSTNAME', 'h'],
        ['SYSLOG_IDENTIFIER', 'i'],
        ['_COMM', 'c'],
        ['_PID', '1'],
        ['SYSLOG_PID', '2'],
      ],
      'TIME h i[1]: m\n',
    ],
    [
      'what there is instead of them',
      [
        ['MESSAGE', 'm'],
        ['_COMM', 'c'],
        ['SYSLOG_PID', '2'],
      ],
      'TIME c[2]: m\n',
    ],
    ['a program without a name', [['MESSAGE', 'm']], 'TIME unknown: m\n'],
    [
      'further lines below the first',
      [
        ['MESSAGE', 'a\n\nb\n'],
        ['_COMM', 'c'],
      ],
      `TIME c: a\n${' '.repeat(19)}\n${' '.repeat(19)}b\n`,
    ],
    ['an empty message', [['MESSAGE', '']], 'TIME unknown: \n'],
    [
      'the last of several messages',
      [
        ['MESSAGE', 'a'],
        ['MESSAGE', 'b'],
      ],
      'TIME unknown: b\n',
    ],
    ['the size of what is no text', [['MESSAGE', Buffer.alloc(1536)]], 'TIME unknown: [1.5K blob data]\n'],
    ['bytes below a kilobyte', [['MESSAGE', '\u0000']], 'TIME unknown: [1B blob data]\n'],
    [
      'a message without what is for terminals',
      [['MESSAGE', '\u001b[1;31mred\u001b[0m\tx\r']],
      'TIME unknown: red        x\n',
    ],
    [
      'no host whose name is too long',
      [
        ['MESSAGE', 'm'],
        ['_HOSTNAME', 'h'.repeat(300)],
      ],
      'TIME unknown: m\n',
    ],
    ['nothing without a message', [['_HOSTNAME', 'h']], ''],
  ])('shows %s', (_case, items, line) => {
    expect(text(...items)).toBe(line);
  });

  it('has the time of its writer, where that told one', () => {
    const at = (source: string) =>
      encoded(
        'short',
        new FakeFile().entry([
          ['MESSAGE', 'm'],
          ['_SOURCE_REALTIME_TIMESTAMP', source],
        ]),
      ).toString();
    expect(at('1600000000000000')).not.toBe(at('yesterday'));
    expect(at('36028797018963968')).toBe(at('yesterday'));
  });

  it('is the same from a source with ids as from one without', () => {
    forEntries((entry, _plain, cache) => {
      const anonymous = Object.defineProperty(Object.create(entry), 'domain', { value: undefined }) as Entry;
      anonymous.load = (index, view) => entry.load(index, view);
      expect(encoded('short', entry, cache).toString()).toBe(encoded('short', anonymous).toString());
    });
  });

  it('is right when one encoder goes from entry to entry', () => {
    const file = new FakeFile();
    const encoder = gatewaydEncoder(undefined, { cache: new EncodingCache() });
    for (let round = 0; round < 20; round++) {
      const entry = file.entry([
        ['_HOSTNAME', `h${round % 2}`],
        ['MESSAGE', `m${round}`],
        ['_PID', `${round % 3}`],
        ...(round % 4 === 0 ? [] : ([['_COMM', `c${round % 5}`]] satisfies FakeItem[])),
      ]);
      expect(written(encoder, entry).toString()).toBe(encoded('short', entry).toString());
    }
  });
});
