const tab = 0x09;
const bell = 0x07;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const escapeCharacter = 0x1b;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const letterM = 0x6d;
const tabStop = Buffer.from(' '.repeat(8));

/** Whether {@link withoutTerminalNoise} would change anything. */
export function hasTerminalNoise(source: Buffer, start: number, end: number): boolean {
  for (let index = start; index < end; index++) {
    const byte = source[index] as number;
    if (byte === tab || byte === escapeCharacter || byte === carriageReturn) return true;
  }
  return false;
}

/**
 * A message as `journalctl -o short` shows it: tabs as eight blanks, without colours (`ESC [ … m`), without commands to
 * the terminal (`ESC ] … BEL`), without carriage returns that end a line. Other escape sequences stay.
 * (systemd src/basic/string-util.c, `strip_tab_ansi`, 252.)
 */
export function withoutTerminalNoise(source: Buffer): Buffer {
  const pieces: Buffer[] = [];
  let kept = 0;
  const replace = (from: number, to: number, by: Buffer | undefined): void => {
    pieces.push(source.subarray(kept, from));
    if (by !== undefined) pieces.push(by);
    kept = to;
  };
  for (let index = 0; index < source.length; ) {
    const byte = source[index];
    let after = index + 1;
    if (byte === tab) {
      replace(index, after, tabStop);
    } else if (byte === carriageReturn) {
      while (source[after] === carriageReturn) after++;
      if (after === source.length || source[after] === lineFeed) replace(index, after, undefined);
    } else if (byte === escapeCharacter) {
      const sequence = sequenceEnd(source, index);
      if (sequence === 0) {
        // What follows a lone escape is taken as it is, a tab too.
        if (source[after] !== openBracket && source[after] !== closeBracket) after++;
      } else {
        after = sequence;
        replace(index, after, undefined);
      }
    }
    index = after;
  }
  pieces.push(source.subarray(kept));
  return Buffer.concat(pieces);
}

/** Index after the sequence that begins with the escape at `start`; 0 when it is none of those left out. */
function sequenceEnd(source: Buffer, start: number): number {
  const kind = source[start + 1];
  if (kind !== openBracket && kind !== closeBracket) return 0;
  for (let index = start + 2; index < source.length; index++) {
    const byte = source[index] as number;
    if (byte === (kind === openBracket ? letterM : bell)) return index + 1;
    if (!(kind === openBracket ? isColourByte(byte) : byte >= 0x20 && byte <= 0x7e)) return 0;
  }
  return 0;
}

function isColourByte(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x3b || byte === 0;
}
