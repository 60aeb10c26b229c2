import type { Entry } from '../../src/journal/entry.ts';
import { fieldsOf } from '../read/memory-source.ts';
import { naiveCursor } from './naive.ts';

/** Whether systemd prints it, by what Unicode says of each character. */
export function naivePrintable(bytes: Uint8Array, lineFeeds: boolean): boolean {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return false;
  }
  return Array.from(text).every(
    (character) =>
      !/[\p{Cc}\p{Noncharacter_Code_Point}]/u.test(character) ||
      character === '\t' ||
      (lineFeeds && character === '\n'),
  );
}

function addressOf(entry: Entry): [name: string, value: string][] {
  return [
    ['__CURSOR', naiveCursor(entry)],
    ['__REALTIME_TIMESTAMP', String(BigInt(entry.realtime))],
    ['__MONOTONIC_TIMESTAMP', String(BigInt(entry.monotonic))],
    ['__SEQNUM', String(BigInt(entry.seqnum))],
    ['__SEQNUM_ID', entry.seqnumId],
    ['_BOOT_ID', entry.bootId],
  ];
}

function shownFields(entry: Entry): [name: string, value: Buffer][] {
  return fieldsOf(entry).filter(([name]) => /^(?!__|_BOOT_ID$)[A-Z_][A-Z0-9_]{0,63}$/.test(name));
}

/** An entry as `journalctl -o export` prints it, its empty line included. */
export function naiveExport(entry: Entry): Buffer {
  const address = addressOf(entry).map(([name, value]) => Buffer.from(`${name}=${value}\n`));
  const fields = shownFields(entry).map(([name, value]) => {
    if (naivePrintable(value, false)) return Buffer.concat([Buffer.from(`${name}=`), value, Buffer.from('\n')]);
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(value.length));
    return Buffer.concat([Buffer.from(`${name}\n`), size, value, Buffer.from('\n')]);
  });
  return Buffer.concat([...address, ...fields, Buffer.from('\n')]);
}

/** The object that `journalctl -o json` prints for an entry. */
export function naiveSystemdJson(entry: Entry): Record<string, unknown> {
  const values = new Map<string, unknown[]>(addressOf(entry).map(([name, value]) => [name, [value]]));
  for (const [name, value] of shownFields(entry)) {
    const shown =
      name.length + 1 + value.length >= 4096
        ? null
        : naivePrintable(value, true)
          ? value.toString('utf8')
          : Array.from(value);
    values.set(name, [...(values.get(name) ?? []), shown]);
  }
  return Object.fromEntries(Array.from(values, ([name, all]) => [name, all.length === 1 ? all[0] : all]));
}
