/** A piece of text as it is shown: as it stands, or a mark in place of a character that cannot be seen. */
export interface TextPiece {
  readonly text: string;
  /** What the character is, for a tooltip; undefined for text as it stands. */
  readonly mark?: string;
}

/** Characters that steer how text is shown, and are not shown themselves: each behind what Unicode abbreviates its name to. */
const invisibles = new Map(
  (
    'SHY\u00ad ALM\u061c ZWSP\u200b LRM\u200e RLM\u200f LS\u2028 PS\u2029 LRE\u202a RLE\u202b ' +
    'PDF\u202c LRO\u202d RLO\u202e WJ\u2060 LRI\u2066 RLI\u2067 FSI\u2068 PDI\u2069 BOM\ufeff'
  )
    .split(' ')
    .map((pair) => [pair.slice(-1), pair.slice(0, -1)]),
);
/** Everything but tab and newline that is not to be seen. */
const special =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not stay unseen
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]/g;
/** Splits a text so that every character that steers or hides others is seen, and does nothing. */
export function plainPieces(text: string): readonly TextPiece[] {
  if (text.search(special) === -1) return [{ text }];
  const pieces: TextPiece[] = [];
  let at = 0;
  for (const { index, 0: character } of text.matchAll(special)) {
    if (index > at) pieces.push({ text: text.slice(at, index) });
    pieces.push(markOf(character));
    at = index + character.length;
  }
  if (at < text.length) pieces.push({ text: text.slice(at) });
  return pieces;
}

function markOf(character: string): TextPiece {
  const code = character.charCodeAt(0);
  const mark = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  const invisible = invisibles.get(character);
  if (invisible !== undefined) return { text: invisible, mark };
  // As terminals write them: fonts have no pictures of them.
  if (code < 0x20 || code === 0x7f) return { text: `^${String.fromCharCode(code ^ 0x40)}`, mark };
  return { text: `x${code.toString(16)}`, mark };
}
