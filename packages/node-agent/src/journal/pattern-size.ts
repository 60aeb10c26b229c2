/** A repetition as RE2 understands it; other braces are themselves. */
const repetition = /^\{(\d{1,4})(?:,(\d{0,4}))?\}/;
/** What takes more than one character of a pattern and stands for one of a text. */
const atoms = /^(?:\\[pPx]\{[^}]*\}|\\x[0-9A-Fa-f]{2}|\\.|\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\])/s;
/** What a group begins with, its flags or name included. */
const opening = /^\((?:\?(?:P?<\w*>|[a-zA-Z-]*:?))?/;

/**
 * About how many instructions a pattern of RE2 becomes: characters and classes, times their repetitions. To be asked before it is
 * compiled, since that is what takes the time: a hundred times `.{0,1000}` keeps a thread busy for most of a second.
 *
 * @returns at least what it really is, to a factor of a few, where repetitions are what makes it large
 */
export function patternSize(pattern: string): number {
  // Of the groups that are open, the outermost first: what stands in each so far, and the size of what stood last.
  const groups = [{ size: 0, last: 0 }];
  const literal = /\\Q([\s\S]*?)(?:\\E|$)/g;
  const plain = pattern.replace(literal, (_, text: string) => 'x'.repeat(text.length));
  for (let at = 0; at < plain.length; ) {
    const rest = plain.slice(at);
    const group = groups.at(-1) as (typeof groups)[number];
    const repeated = repetition.exec(rest);
    if (repeated !== null) {
      const [whole, least = '', most = least] = repeated;
      group.size += group.last * (Math.max(Number(least), Number(most)) - 1);
      group.last *= Math.max(Number(least), Number(most));
      at += whole.length;
    } else if (rest.startsWith('(')) {
      groups.push({ size: 0, last: 0 });
      at += opening.exec(rest)?.[0].length ?? 1;
    } else if (rest.startsWith(')') && groups.length > 1) {
      const { size } = groups.pop() as (typeof groups)[number];
      const outer = groups.at(-1) as (typeof groups)[number];
      outer.size += size;
      outer.last = size;
      at++;
    } else {
      const isQuantifier = /^[*+?]/.test(rest);
      if (!isQuantifier) {
        group.size++;
        group.last = 1;
      }
      at += atoms.exec(rest)?.[0].length ?? 1;
    }
  }
  return groups.reduce((sum, { size }) => sum + size, 0);
}
