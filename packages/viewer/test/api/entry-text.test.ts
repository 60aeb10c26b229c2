import { describe, expect, it } from 'vitest';
import { entryOf } from '../../src/api/entry-text.ts';

describe('the text of an entry', () => {
  const whole = {
    cursor: 'c',
    source: { agent: 'S1', host: 'node-1' },
    fields: {},
    realtime_timestamp: 1,
    monotonic_timestamp: 1,
    boot_id: 'b',
  };

  it('is read where it is one', () => {
    expect(entryOf(JSON.stringify(whole))).toEqual(whole);
    const all = { ...whole, fields: { A: 'a', B: { base64: '/w==' }, C: ['c', { base64: '' }] } };
    expect(entryOf(JSON.stringify(all))).toEqual(all);
  });

  it('is none where it is cut, or lacks what the page stands on', () => {
    const broken: unknown[] = [
      { ...whole, fields: null },
      { ...whole, source: {} },
      { ...whole, cursor: 1 },
      null,
      7,
      [],
    ];
    for (const value of [null, 7, {}, [null], [['a']]]) broken.push({ ...whole, fields: { MESSAGE: value } });
    for (const text of ['', '{"cursor":', ...broken.map((value) => JSON.stringify(value))]) {
      expect(entryOf(text), text).toBeUndefined();
    }
  });
});
