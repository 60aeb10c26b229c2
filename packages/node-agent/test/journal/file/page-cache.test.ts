import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FileBytes } from '../../../src/journal/file/file-bytes.ts';
import { PageCache, pageSize } from '../../../src/journal/file/page-cache.ts';
import { Span } from '../../../src/journal/file/span.ts';
import { tooLarge } from '../../../src/journal/file/u64.ts';
import { testDirectory } from '../test-directory.ts';

const directory = testDirectory();

/** A file in which every 64-bit word is its own offset plus `first`. */
function countingFile(name: string, words: number, first = 0): string {
  const bytes = Buffer.alloc(words * 8);
  for (let i = 0; i < words; i++) bytes.writeBigUInt64LE(BigInt(first + i * 8), i * 8);
  const path = join(directory, name);
  writeFileSync(path, bytes);
  return path;
}

it('keeps within its memory, and keeps files apart', () => {
  const cache = new PageCache({ bytes: 128 * 1024 });
  expect(cache.bytes.length).toBe(128 * 1024);
  const one = new FileBytes(countingFile('one', 100_000), cache);
  const other = new FileBytes(countingFile('other', 100_000, 1_000_000), cache);
  for (let i = 0; i < 5000; i++) {
    const offset = ((i * 7919) % 100_000) * 8;
    expect([one.word(offset), other.word(offset)]).toEqual([offset, offset + 1_000_000]);
  }
  one.close();
  other.close();
});

it('reads a page once as long as there is room', () => {
  const cache = new PageCache({ bytes: 1024 * 1024 });
  const file = new FileBytes(countingFile('once', 32 * 1024), cache);
  for (let round = 0; round < 3; round++) {
    for (let offset = 0; offset < 256 * 1024; offset += 512) file.word(offset);
  }
  expect(cache.reads).toBe((256 * 1024) / pageSize);
  file.close();
});

it('never serves the pages of a closed file to the next one', () => {
  const cache = new PageCache({ bytes: 128 * 1024 });
  const first = new FileBytes(countingFile('first', 1000), cache);
  expect(first.word(80)).toBe(80);
  first.close();
  const second = new FileBytes(countingFile('second', 1000, 500), cache);
  expect(second.word(80)).toBe(580);
  second.close();
});

it('reads words that change in place again in a new generation, settled bytes only once', () => {
  const cache = new PageCache({ bytes: 128 * 1024 });
  const path = countingFile('changing', 4096);
  const file = new FileBytes(path, cache);
  file.settledEnd = 2 * pageSize;
  const span = new Span();
  const settled = (offset: number): number => {
    expect(file.locateSettled(offset, 8, span)).toBe(true);
    return Number(span.view.getBigUint64(span.start, true));
  };
  expect([file.word(8), settled(pageSize), settled(2 * pageSize)]).toEqual([8, pageSize, 2 * pageSize]);
  countingFile('changing', 4096, 1);
  expect([file.word(8), settled(pageSize), settled(2 * pageSize)]).toEqual([8, pageSize, 2 * pageSize]);
  file.generation += 1;
  expect(settled(pageSize)).toBe(pageSize);
  expect(settled(2 * pageSize)).toBe(2 * pageSize + 1);
  expect(file.word(8)).toBe(9);
  file.close();
});

it('gives pieces across pages whole, and nothing past the end of the file', () => {
  const cache = new PageCache({ bytes: 128 * 1024 });
  const file = new FileBytes(countingFile('pieces', 20_001), cache);
  const span = new Span();
  for (const length of [16, pageSize, 3 * pageSize, 10 * pageSize]) {
    const offset = pageSize - 8;
    expect(file.locate(offset, length, false, span)).toBe(true);
    expect(Number(span.view.getBigUint64(span.start + length - 8, true))).toBe(offset + length - 8);
  }
  const end = 20_001 * 8;
  expect(file.locate(end - 8, 8, false, span)).toBe(true);
  expect(file.locate(end - 8, 16, false, span)).toBe(false);
  expect(file.locate(end - 5 * pageSize, 6 * pageSize, false, span)).toBe(false);
  expect(file.locate(2 ** 52, 8, false, span)).toBe(false);
  expect(file.word(end)).toBe(tooLarge);
  expect(file.word(2 ** 52)).toBe(tooLarge);
  file.close();
});
