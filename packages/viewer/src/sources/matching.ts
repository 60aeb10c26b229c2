/** A text without what people leave out when they search: case, accents, the difference between look-alike forms. */
export function folded(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

/** The parts of what was typed: each of them is to be found, in any order. */
export function partsOf(typed: string): readonly string[] {
  return folded(typed)
    .split(/\s+/)
    .filter((part) => part !== '');
}

/**
 * How well a folded text fits: undefined where a part is missing; else the less, the better. A part at the beginning of the text fits
 * best, then at the beginning of a word, then anywhere.
 */
export function fit(text: string, parts: readonly string[]): number | undefined {
  let sum = 0;
  for (const part of parts) {
    const at = text.indexOf(part);
    if (at < 0) return undefined;
    if (at > 0) sum += isWordStart(text, part, at) ? 1 : 3;
  }
  return sum + text.length / 1_000;
}

function isWordStart(text: string, part: string, first: number): boolean {
  for (let at = first; at >= 0; at = text.indexOf(part, at + 1)) {
    if (!/[\p{L}\p{N}]/u.test(text[at - 1] ?? ' ')) return true;
  }
  return false;
}
