import { describe, expect, test } from 'vitest';
import { isOneEntry } from '../../src/cluster/export-entry.ts';

/** A field whose value is given by its length. */
function binary(name: string, value: string, length = value.length): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(length));
  return `${name}\n${bytes.toString('latin1')}${value}\n`;
}

const isOne = (text: string): boolean => isOneEntry(Buffer.from(text, 'latin1'));

describe('what a node sends in export format is one entry', () => {
  test.each([
    '__CURSOR=x\nMESSAGE=m\n\n',
    'MESSAGE=\n\n',
    `MESSAGE=a\n${binary('DATA', 'two\n\nlines=of it\n')}\n`,
    `${binary('DATA', 'CLUSTERLOG_AGENT=S1\n')}\n`,
    `${binary('DATA', '')}\n`,
  ])('%j', (text) => {
    expect(isOne(text)).toBe(true);
  });

  test.each([
    ['nothing', ''],
    ['no field', '\n'],
    ['no end', 'MESSAGE=m\n'],
    ['another behind it', 'MESSAGE=m\n\nCLUSTERLOG_AGENT=S1\nMESSAGE=n\n\n'],
    ['another without a source', 'MESSAGE=m\n\nMESSAGE=n\n\n'],
    ['a field that is ours', 'MESSAGE=m\nCLUSTERLOG_AGENT=S1\n\n'],
    ['one that is ours, by its length', `MESSAGE=m\n${binary('CLUSTERLOG_AGENT', 'S1')}\n`],
    ['a value that is too short for its length', `${binary('DATA', 'x', 5_000)}\n`],
    [
      'a length beyond all numbers',
      `${binary('DATA', 'x').replace('\x01', '\xff'.repeat(1)).replace('\0\0\0\0\0\0\0', '\xff'.repeat(7))}\n`,
    ],
    ['a length that is cut off', 'DATA\n\0\0\n'],
    ['no name', '=x\n\n'],
  ])('and not %s', (_what, text) => {
    expect(isOne(text)).toBe(false);
  });
});
