import { capture as captured } from '@clusterlog/test/fixtures/mesos/captures';
import { test as property } from '@fast-check/vitest';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RecordIODecoder } from '../../src/mesos/record-io.ts';

const capture = captured('05-subscribe/v1-SUBSCRIBE.recordio');

function decode(chunks: readonly Buffer[], decoder = new RecordIODecoder()): string[] {
  return chunks.flatMap((chunk) => [...decoder.push(chunk)].map((record) => record.toString('utf8')));
}

function encode(records: readonly string[]): Buffer {
  return Buffer.from(records.map((record) => `${Buffer.byteLength(record)}\n${record}`).join(''));
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

test('every record of a captured stream is a JSON event', () => {
  const types = decode([capture]).map((record) => JSON.parse(record).type);
  expect(types.slice(0, 4)).toEqual(['SUBSCRIBED', 'HEARTBEAT', 'TASK_ADDED', 'TASK_UPDATED']);
  expect(types).toHaveLength(21);
});

property.prop([fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 40 })])(
  'a captured stream cut anywhere gives the same records',
  (sizes) => {
    expect(decode(cut(capture, sizes))).toEqual(decode([capture]));
  },
);

property.prop([
  fc.array(fc.string({ unit: 'grapheme', maxLength: 30 }), { maxLength: 20 }),
  fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 10 }),
])('what was framed comes back, empty records and characters of several bytes included', (records, sizes) => {
  const decoder = new RecordIODecoder();
  expect(decode(cut(encode(records), sizes), decoder)).toEqual(records);
  expect(decoder.insideRecord).toBe(false);
});

test('an end inside a record, or inside its length, is noticed', () => {
  for (const text of ['12', '12\n', '12\nhalf a']) {
    const decoder = new RecordIODecoder();
    expect(decode([Buffer.from(text)], decoder)).toEqual([]);
    expect(decoder.insideRecord).toBe(true);
  }
});

test('what is not a length is refused with the byte that was found', () => {
  for (const text of ['{"type"', '-1\n', ' 5\n', '\n', '0x10\n']) {
    expect(() => decode([Buffer.from(text)])).toThrow(
      /RecordIO: expected the decimal length of a record, found byte 0x/,
    );
  }
});

test('a length longer than allowed is refused before its bytes are collected', () => {
  expect(() => decode([Buffer.from('101\n')], new RecordIODecoder({ maxLength: 100 }))).toThrow(
    'a record of 101 bytes is longer than the 100 allowed',
  );
  expect(() => decode([Buffer.from('99999999999999999999\n')])).toThrow(/expected the decimal length/);
});
