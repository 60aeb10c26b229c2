import fc from 'fast-check';
import { damagedValue, type FakeItem } from './fake-file.ts';

const names = [
  'MESSAGE',
  '_SOURCE_REALTIME_TIMESTAMP',
  'A',
  'B',
  'PRIORITY',
  'REQUEST_ID',
  '_BOOT_ID',
  '__CURSOR',
  '_HOSTNAME',
  'SYSLOG_IDENTIFIER',
  '_PID',
  'lower',
  'BAD\nNAME',
  'é',
];
const texts = [
  '',
  'x',
  'y=z',
  'a\nb',
  'tab\t"quoted\\"',
  'é ✓ 𝄞',
  '\u0085',
  '\ufdd0',
  '\uffff',
  '\u007f',
  '\ud7ff',
  damagedValue,
];

/** An item such as programs write, and such as no program should. */
export const fakeItem: fc.Arbitrary<FakeItem> = fc.tuple(
  fc.constantFrom(...names),
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...texts) },
    { weight: 2, arbitrary: fc.nat(40).map(String) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)) },
    { weight: 1, arbitrary: fc.constantFrom(4080, 4090, 4094, 4095, 9000).map((length) => 'x'.repeat(length)) },
  ),
);

/** An entry to write into one of three files. */
export const fakeShape = fc.record({
  file: fc.nat(2),
  items: fc.array(fakeItem, { maxLength: 8 }),
  sorted: fc.boolean(),
  seqnum: fc.maxSafeNat(),
  realtime: fc.nat(2 ** 31).map((seconds) => seconds * 1_000_000 + 17),
});
