import Anser from 'anser';

/** A piece of a message, in the colours that its escape sequences ask for. */
export interface StyledText {
  readonly text: string;
  /** How it is set: names of classes, such as `ansi-bold`. */
  readonly classes: readonly string[];
  /** `r, g, b`. */
  readonly foreground?: string;
  readonly background?: string;
}

/** Sequences beyond which a message is shown as it stands: each makes an element of its own. */
const mostSequences = 500;
const sequenceStart = '\u001b[';
/** Ways to write so that one cannot be read are not followed. */
const followed = new Set(['bold', 'dim', 'italic', 'underline', 'strikethrough']);

/** Splits a message at its ANSI sequences. Other sequences than colours are left out; one that is not ended stays, to be seen. */
export function styledTexts(message: string): readonly StyledText[] {
  if (!message.includes(sequenceStart)) return [{ text: message, classes: [] }];
  if (message.split(sequenceStart, mostSequences + 2).length > mostSequences + 1)
    return [{ text: message, classes: [] }];
  return Anser.ansiToJson(message, { json: true, remove_empty: true }).map(({ content, fg, bg, decorations }) => ({
    text: content,
    classes: [...new Set(decorations)].filter((name) => followed.has(name)).map((name) => `ansi-${name}`),
    ...(fg && { foreground: fg }),
    // Text in the colour of its own ground would not be seen.
    ...(bg && bg !== fg && { background: bg }),
  }));
}
