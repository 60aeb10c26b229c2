import { hostname } from 'node:os';
import { parseLine, parseOrigin, textSeparator, timeText } from '@clusterlog/shared';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { parseExport } from '../../../../test/fixtures/journalctl.ts';
import { EncodingCache } from '../../src/encode/encoding-cache.ts';
import { OutputBuffer } from '../../src/encode/output-buffer.ts';
import { type V3Encoder, type V3EncoderOptions, v3Encoder } from '../../src/encode/v3-encoder.ts';
import type { Entry } from '../../src/journal/entry.ts';
import { fakeItem } from './fake-entries.ts';
import { FakeFile, type FakeItem } from './fake-file.ts';
import { naiveCursor } from './naive.ts';
import { loadedFields, naiveV3, naiveV3Text } from './naive-v3.ts';

// Where much else runs, a hundred worlds take longer than a test usually may.
vi.setConfig({ testTimeout: 30_000 });

function options(more: Partial<V3EncoderOptions> = {}): V3EncoderOptions {
  // Its tables are large: one is made only where there is none.
  const cache = more.cache ?? new EncodingCache();
  return { agentId: 'S0', raw: false, payload: 'ndjson', ...more, cache };
}

function written(encoder: V3Encoder, entry: Entry): Buffer {
  const output = new OutputBuffer();
  encoder.encode(entry, output);
  return output.take() ?? Buffer.alloc(0);
}

function text(format: 'text' | 'ndjson' | 'sse' | 'export' | 'lines', items: FakeItem[], more = {}): string {
  return written(v3Encoder(format, options(more)), new FakeFile().entry(items)).toString();
}

const originItem: fc.Arbitrary<FakeItem> = fc.tuple(
  fc.constantFrom('FRAMEWORK_ID', 'EXECUTOR_ID', 'CONTAINER_ID', 'CONTAINER_NAME', 'STREAM', '_COMM'),
  fc.constantFrom<string | Buffer>('a', 'b c/d', 'mesos-1', 'é', Buffer.from([0xff, 0x2f]), 'damaged', 'two\nlines'),
);

const shape = fc.record({
  items: fc.array(fc.oneof({ weight: 2, arbitrary: fakeItem }, originItem), { maxLength: 8 }),
  realtime: fc.nat(2 ** 31).map((seconds) => seconds * 1_000_000 + 17),
  seqnum: fc.maxSafeNat(),
});

/** The same shapes again and again through one cache, each as a file has it and as a source without ids has it. */
function forEntries(check: (entry: Entry, cache: EncodingCache) => void): void {
  fc.assert(
    fc.property(
      fc.array(shape, { minLength: 1, maxLength: 8 }),
      fc.array(fc.nat(100), { maxLength: 30 }),
      (shapes, turns) => {
        const cache = new EncodingCache({ bytes: 1 << 15 });
        const file = new FakeFile();
        const plain = new FakeFile(undefined);
        for (const turn of turns) {
          const { items, ...rest } = shapes[turn % shapes.length] as (typeof shapes)[number];
          check(file.entry(items, rest), cache);
          check(plain.entry(items, rest), cache);
        }
      },
    ),
    { numRuns: 100 },
  );
}

describe('an entry in NDJSON', () => {
  it('is cursor, source and fields, then its place in the journal', () => {
    const items: FakeItem[] = [
      ['MESSAGE', 'a "b"\n<c>'],
      ['TAG', '2'],
      ['_HOSTNAME', 'node-1'],
      ['TAG', '1'],
      ['FRAMEWORK_ID', 'f'],
      ['EXECUTOR_ID', 'e'],
      ['CONTAINER_ID', 'c'],
      ['STREAM', 'STDOUT'],
      ['BYTES', Buffer.from([0x61, 0xff])],
    ];
    const entry = new FakeFile().entry(items);
    expect(written(v3Encoder('ndjson', options()), entry).toString()).toBe(
      `{"cursor":"${naiveCursor(entry)}","source":{"agent":"S0","host":"node-1","framework":"f","executor":"e","container":"c","stream":"STDOUT"},"fields":{"BYTES":{"base64":"Yf8="},"CONTAINER_ID":"c","EXECUTOR_ID":"e","FRAMEWORK_ID":"f","MESSAGE":"a \\"b\\"\\n<c>","STREAM":"STDOUT","TAG":["2","1"],"_HOSTNAME":"node-1"},"realtime_timestamp":1795253196157329,"monotonic_timestamp":1192698917,"boot_id":"fedcba9876543210fedcba9876543210","seqnum":4711}\n`,
    );
  });

  it('loses nothing, whatever the entry, with templates and without', () => {
    forEntries((entry, cache) => {
      const line = written(v3Encoder('ndjson', options({ cache })), entry).toString();
      expect(line.endsWith('}\n')).toBe(true);
      expect(JSON.parse(line)).toEqual(naiveV3(entry, 'S0'));
    });
  });

  it('shows only the fields asked for, and where it comes from all the same', () => {
    forEntries((entry, cache) => {
      const shown = new Set(['MESSAGE', 'A']);
      const line = written(v3Encoder('ndjson', options({ cache, shown })), entry).toString();
      expect(JSON.parse(line)).toEqual(naiveV3(entry, 'S0', shown));
    });
  });

  it('is right whichever fields are asked for, in however many ways', () => {
    const cache = new EncodingCache();
    const names = Array.from({ length: 12 }, (_, index) => `F${index}`);
    const entry = new FakeFile().entry(names.map((name) => [name, 'x']));
    for (let round = 0; round < 3; round++) {
      for (let choice = 0; choice < 400; choice++) {
        const shown = new Set(names.filter((_, index) => (choice & (1 << index)) !== 0));
        const line = written(v3Encoder('ndjson', options({ cache, shown })), entry).toString();
        const { fields } = JSON.parse(line) as { fields: object };
        expect(Object.keys(fields).sort()).toEqual([...shown].sort());
      }
    }
  });

  it('shows of a withheld field nothing, in the source neither', () => {
    const line = text(
      'ndjson',
      [
        ['EXECUTOR_ID', 'secret'],
        ['A', 'b'],
      ],
      { withheld: new Set(['EXECUTOR_ID']) },
    );
    expect(line).not.toContain('secret');
    expect(JSON.parse(line)).toMatchObject({ source: { agent: 'S0', host: hostname() }, fields: { A: 'b' } });
  });
});

describe('an entry as a server-sent event', () => {
  it('has the cursor as its id and the object of NDJSON as its data', () => {
    const entry = new FakeFile().entry([['MESSAGE', 'two\nlines']]);
    const object = written(v3Encoder('ndjson', options()), entry).toString();
    expect(written(v3Encoder('sse', options()), entry).toString()).toBe(`id: ${naiveCursor(entry)}\ndata: ${object}\n`);
  });
});

describe('an entry as text', () => {
  it('is time, host, executor or identifier, pid and message', () => {
    const items: FakeItem[] = [
      ['MESSAGE', 'hello'],
      ['_HOSTNAME', 'node-1'],
      ['SYSLOG_IDENTIFIER', 'app'],
      ['_PID', '12'],
    ];
    expect(text('text', items)).toBe('2026-11-21T09:26:36.157329Z node-1 app[12]: hello\n');
    expect(text('text', [...items, ['EXECUTOR_ID', 'task-1']])).toContain(' task-1[12]: hello');
    expect(text('text', [['MESSAGE', 'alone']])).toBe(`2026-11-21T09:26:36.157329Z ${hostname()} unknown: alone\n`);
  });

  it('has further lines indented and control characters shown, so that no message can pass for another entry', () => {
    const line = text('text', [
      ['MESSAGE', 'one\r\ntwo \u001b[31m\u0085\n\n'],
      ['SYSLOG_IDENTIFIER', 'a\nb'],
    ]);
    expect(line).toBe(`2026-11-21T09:26:36.157329Z ${hostname()} a\\x0ab: one\\x0d\n    two \\x1b[31m\\xc2\\x85\n`);
  });

  it('is the message alone with output=cat, and its bytes with raw', () => {
    expect(text('text', [['MESSAGE', 'a\u0007\nb']], { output: 'cat' })).toBe('a\\x07\n    b\n');
    expect(text('text', [['MESSAGE', 'a\u0007\nb']], { output: 'cat', raw: true })).toBe('a\u0007\nb\n');
  });

  it('is nothing without a message', () => {
    expect(text('text', [['A', 'b']])).toBe('');
    expect(text('lines', [['A', 'b']], { payload: 'text' })).toBe('');
    expect(text('text', [['MESSAGE', 'x']], { withheld: new Set(['MESSAGE']) })).toBe('');
  });

  it('shows any message safely, with templates and without', () => {
    forEntries((entry, cache) => {
      const shown = written(v3Encoder('text', options({ cache, output: 'cat' })), entry).toString();
      const message = loadedFields(entry).findLast(([name]) => name === 'MESSAGE')?.[1];
      expect(shown).toBe(message === undefined ? '' : `${naiveV3Text(message, '\n    ')}\n`);
    });
  });
});

describe('an entry in export format', () => {
  it('says where it comes from behind its own fields', () => {
    const [entry] = parseExport(
      Buffer.from(
        text(
          'export',
          [
            ['MESSAGE', 'x'],
            ['A', 'b'],
          ],
          { shown: new Set(['A']) },
        ),
      ),
    );
    expect(entry?.slice(6).map(([name, value]) => [name, value.toString()])).toEqual([
      ['A', 'b'],
      ['CLUSTERLOG_AGENT', 'S0'],
      ['CLUSTERLOG_HOST', hostname()],
    ]);
  });

  it.each([undefined, new Set(['A', 'CLUSTERLOG_AGENT'])])(
    'is not taken in by fields that are named as ours',
    (shown) => {
      const items: FakeItem[] = [
        ['CLUSTERLOG_AGENT', 'S9'],
        ['A', 'b'],
        ['CLUSTERLOG_TASK', 'app.1'],
      ];
      const [entry] = parseExport(Buffer.from(text('export', items, { shown })));
      const told = entry?.slice(6).map(([name, value]) => `${name}=${value}`);
      expect(told).toEqual(['A=b', 'CLUSTERLOG_AGENT=S0', `CLUSTERLOG_HOST=${hostname()}`]);
      const line = parseLine(text('lines', items, { shown, payload: 'export' }).slice(0, -1));
      expect(Buffer.from(line.kind === 'entry' ? line.payload : '', 'base64').toString()).not.toContain('CLUSTERLOG_');
    },
  );
});

describe('an entry in the line stream', () => {
  it('has sort key, position and origin before its object', () => {
    forEntries((entry, cache) => {
      const bytes = written(v3Encoder('lines', options({ cache })), entry).toString();
      const line = parseLine(bytes.slice(0, -1));
      if (line.kind !== 'entry') throw new Error(`not an entry: ${bytes}`);
      expect(line.realtime).toBe(entry.realtime);
      expect(line.position).toBe(naiveCursor(entry));
      expect(line.payload.startsWith('{"fields":{')).toBe(true);
      const { cursor, source, ...object } = naiveV3(entry, 'S0') as Record<string, unknown>;
      expect(JSON.parse(line.payload)).toEqual(object);
      // The gateway makes a whole entry of it without parsing it.
      const whole = `{"cursor":"c","source":{},${line.payload.slice(1)}`;
      expect(JSON.parse(whole)).toEqual({ cursor: 'c', source: {}, ...object });
    });
  });

  it('tells the origin that the journal names', () => {
    const origin = (items: FakeItem[]): string => text('lines', items).split(' ')[3] ?? '';
    expect(origin([['MESSAGE', 'x']])).toBe('-');
    expect(
      origin([
        ['FRAMEWORK_ID', 'f/1'],
        ['EXECUTOR_ID', 'e 1'],
        ['CONTAINER_ID', 'c'],
        ['STREAM', 'STDERR'],
      ]),
    ).toBe('f%2F1/e%201/c/STDERR');
    expect(origin([['CONTAINER_NAME', 'mesos-abc']])).toBe('//abc/');
    expect(parseOrigin(origin([['CONTAINER_NAME', 'other']]))).toEqual({});
    expect(
      parseOrigin(
        origin([
          ['FRAMEWORK_ID', 'f'],
          ['CONTAINER_NAME', 'mesos-abc'],
        ]),
      ),
    ).toEqual({ framework: 'f' });
  });

  it('has text in parts, on one line', () => {
    forEntries((entry, cache) => {
      const bytes = written(v3Encoder('lines', options({ cache, payload: 'text' })), entry).toString();
      const message = loadedFields(entry).findLast(([name]) => name === 'MESSAGE')?.[1];
      if (message === undefined) return expect(bytes).toBe('');
      expect(bytes.indexOf('\n')).toBe(bytes.length - 1);
      const line = parseLine(bytes.slice(0, -1));
      if (line.kind !== 'entry') throw new Error(`not an entry: ${bytes}`);
      const [time, , rest, ...more] = line.payload.split(textSeparator);
      expect(time).toBe(timeText(entry.realtime));
      expect(rest?.endsWith(`: ${naiveV3Text(message, '\v')}`)).toBe(true);
      expect(more).toEqual([]);
    });
  });

  it('has raw text and export format as base64', () => {
    const items: FakeItem[] = [
      ['MESSAGE', Buffer.from([0xff, 0x0a, 0x62])],
      ['_PID', '7'],
      ['_COMM', 'sh'],
    ];
    const decoded = (more: object): Buffer => {
      const line = parseLine(text('lines', items, more).slice(0, -1));
      return Buffer.from(line.kind === 'entry' ? line.payload : '', 'base64');
    };
    expect(decoded({ payload: 'text', raw: true }).toString('latin1')).toBe(
      '2026-11-21T09:26:36.157329Z\u001fsh\u001f[7]: \u00ff\nb',
    );
    const [entry] = parseExport(decoded({ payload: 'export' }));
    expect(entry?.slice(-3).map(([name]) => name)).toEqual(['MESSAGE', '_PID', '_COMM']);
  });

  it('keeps a forged time from moving what follows', () => {
    const entry = new FakeFile().entry([['A', 'b']], { realtime: 2 ** 60 });
    const line = parseLine(written(v3Encoder('lines', options()), entry).toString().slice(0, -1));
    expect(line).toMatchObject({ realtime: Number.MAX_SAFE_INTEGER, position: naiveCursor(entry) });
    expect(text('text', [['MESSAGE', 'x']])).toMatch(/^2026/);
    expect(
      written(v3Encoder('text', options()), new FakeFile().entry([['MESSAGE', 'x']], { realtime: 2 ** 60 })).toString(),
    ).toMatch(/^9999-12-31T23:59:59\.\d{6}Z /);
  });
});

describe('what there is to say besides entries', () => {
  const gap = { event: 'gap', agent: 'S0', reason: 'vacuumed', from: 5 } as const;
  const said = (format: 'text' | 'ndjson' | 'sse' | 'export' | 'lines', notice: Parameters<V3Encoder['notice']>[0]) =>
    v3Encoder(format, options()).notice(notice)?.toString();

  it('is a line after two dashes in text, an object in NDJSON, an event in SSE, and nothing in export format', () => {
    expect(said('text', gap)).toBe('-- gap agent=S0 reason=vacuumed from=5\n');
    expect(said('ndjson', gap)).toBe('{"event":"gap","agent":"S0","reason":"vacuumed","from":5}\n');
    expect(said('sse', gap)).toBe('event: gap\ndata: {"event":"gap","agent":"S0","reason":"vacuumed","from":5}\n\n');
    expect(said('export', gap)).toBeUndefined();
  });

  it('is a letter and JSON in the line stream', () => {
    expect(said('lines', gap)).toBe('G 0000000000000005 {"reason":"vacuumed","from":5}\n');
    expect(said('lines', { event: 'gap', reason: 'damaged' })).toBe('G - {"reason":"damaged"}\n');
    expect(said('lines', { event: 'end', reason: 'end' })).toBe('X - {"reason":"end"}\n');
    expect(said('lines', { event: 'watermark', realtime: 7, cursor: 'c' })).toBe('W 0000000000000007 c\n');
    expect(said('lines', { event: 'checkpoint', cursor: 'c' })).toBeUndefined();
  });

  it('is a checkpoint with its cursor as id, and no watermark, where people read', () => {
    expect(said('sse', { event: 'checkpoint', cursor: 'c' })).toMatch(/^id: c\nevent: checkpoint\n/);
    expect(said('text', { event: 'checkpoint', cursor: 'c' })).toBeUndefined();
    expect(said('ndjson', { event: 'watermark', realtime: 7, cursor: 'c' })).toBeUndefined();
  });
});
