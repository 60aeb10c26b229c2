import { describe, expect, it } from 'vitest';
import { VariableFields } from '../../src/encode/variable-fields.ts';

const windows = 2048;

function newFields(): VariableFields {
  const fields = new VariableFields(8);
  fields.introduce(0, 'MESSAGE');
  fields.introduce(1, '_SOURCE_REALTIME_TIMESTAMP');
  fields.introduce(2, 'REQUEST');
  fields.introduce(3, 'CONTAINER_ID');
  return fields;
}

function pass(fields: VariableFields, count: number, missed: boolean): void {
  for (let entry = 0; entry < count * windows; entry++) fields.countEntry(missed);
}

describe('variable fields', () => {
  it('are messages and timestamps from the start', () => {
    const fields = newFields();
    expect([0, 1, 2, 3].map((field) => fields.has(field))).toEqual([true, true, false, false]);
  });

  it('become those of many values when misses do not end', () => {
    const fields = newFields();
    for (let window = 0; window < 16; window++) {
      for (let value = 0; value < 1000; value++) fields.countValue(2);
      for (let value = 0; value < 100; value++) fields.countValue(3);
      pass(fields, 1, true);
    }
    expect([2, 3].map((field) => fields.has(field))).toEqual([true, false]);
  });

  it('are not learnt from the misses of a start, when every task is new', () => {
    const fields = newFields();
    for (let window = 0; window < 10; window++) {
      for (let value = 0; value < 1000; value++) fields.countValue(3);
      pass(fields, 1, true);
    }
    pass(fields, 30, false);
    expect(fields.has(3)).toBe(false);
  });

  it('are learnt anew after a while, since a journal may have been strange only once', () => {
    const fields = newFields();
    for (let value = 0; value < 100; value++) fields.countValue(2);
    pass(fields, 1, true);
    expect(fields.has(2)).toBe(true);
    pass(fields, 520, false);
    expect([0, 1, 2].map((field) => fields.has(field))).toEqual([true, true, false]);
  });
});
