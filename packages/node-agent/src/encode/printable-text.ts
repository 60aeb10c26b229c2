/** 1 for the bytes that are a printable character by themselves: ASCII from the blank to the tilde, and the tab. */
export const printableByte = new Uint8Array(256);
for (let byte = 0x20; byte < 0x7f; byte++) printableByte[byte] = 1;
printableByte[0x09] = 1;

const lineFeed = 0x0a;

/**
 * Whether systemd takes `source[start..end)` for text: valid UTF-8 without control characters (C0, DEL, C1) but the tab,
 * and the line feed if `lineFeeds` says so. (systemd src/basic/utf8.c, `utf8_is_printable_newline`; its UTF-8 leaves out
 * noncharacters such as U+FFFF.)
 */
export function isPrintable(source: Buffer, start: number, end: number, lineFeeds: boolean): boolean {
  let index = start;
  while (index < end) {
    const byte = source[index] as number;
    if (printableByte[byte] === 1 || (byte === lineFeed && lineFeeds)) {
      index++;
      continue;
    }
    const size = printableSize(source, index, end);
    if (size === 0) return false;
    index += size;
  }
  return true;
}

/** Bytes of the printable character beyond ASCII at `index`; 0 when there is none. */
function printableSize(source: Buffer, index: number, end: number): number {
  const first = source[index] as number;
  const size = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (size === 0 || index + size > end) return 0;
  let character = first & (0x7f >> size);
  for (let at = index + 1; at < index + size; at++) {
    const byte = source[at] as number;
    if ((byte & 0xc0) !== 0x80) return 0;
    character = (character << 6) | (byte & 0x3f);
  }
  return isPrintableCharacter(character, size) ? size : 0;
}

function isPrintableCharacter(character: number, size: number): boolean {
  if (size === 2) return character > 0x9f;
  // A longer form than needed, a surrogate, a noncharacter, past the last plane.
  if (character < (size === 3 ? 0x800 : 0x1_0000) || character > 0x10_ffff) return false;
  if (character >= 0xd800 && character <= 0xdfff) return false;
  return (character < 0xfdd0 || character > 0xfdef) && (character & 0xfffe) !== 0xfffe;
}
