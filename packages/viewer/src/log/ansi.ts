import Anser from 'anser';

/** A piece of a message, in the colours that its escape sequences ask for. */
export interface StyledText {
  readonly text: string;
  /** Names of classes: `ansi-red-fg`, `ansi-bold`. */
  readonly classes: readonly string[];
  /** `r, g, b`, for colours beyond the sixteen that have names. */
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
  return Anser.ansiToJson(message, { json: true, use_classes: true, remove_empty: true }).map((part) => {
    const foreground = colour(part.fg, part.fg_truecolor);
    const background = colour(part.bg, part.bg_truecolor);
    // Text in the colour of its own ground would not be seen.
    const hidden = part.fg !== null && part.fg === part.bg && part.fg_truecolor === part.bg_truecolor;
    const classes = part.decorations.filter((name) => followed.has(name)).map((name) => `ansi-${name}`);
    if (part.fg && foreground === undefined) classes.push(`${part.fg}-fg`);
    if (part.bg && background === undefined && !hidden) classes.push(`${part.bg}-bg`);
    return {
      text: part.content,
      classes: [...new Set(classes)],
      ...(foreground === undefined ? {} : { foreground }),
      ...(background === undefined || hidden ? {} : { background }),
    };
  });
}

function colour(name: string | null, exact: string | null): string | undefined {
  if (name === 'ansi-truecolor') return exact ?? undefined;
  const palette = name?.startsWith('ansi-palette-') ? Number(name.slice('ansi-palette-'.length)) : undefined;
  return palette === undefined ? undefined : paletteColour(palette);
}

/** xterm's 256 colours: a cube of 6 × 6 × 6 from 16 on, then 24 greys. */
function paletteColour(index: number): string {
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return `${grey}, ${grey}, ${grey}`;
  }
  const step = (level: number) => (level === 0 ? 0 : 55 + level * 40);
  const cube = index - 16;
  return `${step(Math.floor(cube / 36))}, ${step(Math.floor(cube / 6) % 6)}, ${step(cube % 6)}`;
}
