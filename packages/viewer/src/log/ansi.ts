import Anser from 'anser';

/** A piece of a message, in the colours that its escape sequences ask for. */
export interface StyledText {
  readonly text: string;
  /** How it is set: names of classes, such as `ansi-bold`. What would hide it is not followed. */
  readonly classes: readonly string[];
  /** `r, g, b`. */
  readonly foreground?: string;
  readonly background?: string;
}

/** Sequences beyond which a message is shown as it stands: each makes an element of its own. */
const mostSequences = 500;
const sequenceStart = '\u001b[';
/** All but those of colours, which end the colours for anser; its parameters are digits alone (ECMA-48, 5.4). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is how they begin
const otherSequence = /\u001b\[(?![\d;]*m)([0-?]*[ -/]*[@-~])?/g;

/** Splits a message at its ANSI sequences. Other sequences than colours are left out; of one that is not ended only its beginning. */
export function styledTexts(message: string): readonly StyledText[] {
  const sequences = message.split(sequenceStart, mostSequences + 2).length - 1;
  if (sequences === 0 || sequences > mostSequences) return [{ text: message, classes: [] }];
  return Anser.ansiToJson(message.replace(otherSequence, ''), { remove_empty: true }).map(
    ({ content, decorations, fg, bg }) => ({
      text: content,
      classes: decorations.filter((one) => one !== 'hidden').map((one) => `ansi-${one}`),
      ...(fg && { foreground: fg }),
      // Text in the colour of its own ground would not be seen.
      ...(bg && bg !== fg && { background: bg }),
    }),
  );
}
