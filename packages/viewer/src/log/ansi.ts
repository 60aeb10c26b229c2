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
/** What follows it: parameters, intermediate bytes, a final one (ECMA-48, 5.4). */
const sequenceRest = /^([0-?]*)([ -/]*[@-~])/;
/** Graphic renditions by their numbers (ECMA-48, 8.3.117). Ways to write so that one cannot be read are not followed. */
const renditions = new Map([
  [1, 'ansi-bold'],
  [2, 'ansi-dim'],
  [3, 'ansi-italic'],
  [4, 'ansi-underline'],
  [7, 'ansi-reverse'],
  [9, 'ansi-strikethrough'],
]);
/** Takes back what is 20 less; that of `bold` takes back `dim`, too. */
const off = 20;
const normalIntensity = 22;
/** Tens of what sets a colour: of text, of its ground, and the bright ones of both. */
const coloured = [3, 4, 9, 10];

/** Splits a message at its ANSI sequences. Other sequences than colours are left out; one that is not ended stays, to be seen. */
export function styledTexts(message: string): readonly StyledText[] {
  const [before = '', ...parts] = message.split(sequenceStart, mostSequences + 2);
  if (parts.length === 0 || parts.length > mostSequences) return [{ text: message, classes: [] }];
  const classes = new Set<string>();
  let foreground: string | undefined;
  let background: string | undefined;
  const follow = (parameters: string) => {
    const codes = parameters.split(';').map(Number);
    for (let code = codes.shift(); code !== undefined; code = codes.shift()) {
      const rendition = renditions.get(code);
      const unit = code % 10;
      const tens = (code - unit) / 10;
      if (code === 0) {
        classes.clear();
        foreground = background = undefined;
      } else if (rendition !== undefined) classes.add(rendition);
      else if (tens === 2) {
        classes.delete(renditions.get(code - off) ?? '');
        if (code === normalIntensity) classes.delete('ansi-bold');
      } else if (coloured.includes(tens) && unit < (tens > 8 ? 8 : 10)) {
        const isGround = tens % 6 === 4;
        const before = isGround ? background : foreground;
        const colour =
          unit < 8 ? paletteColour(tens > 8 ? unit + 8 : unit) : unit === 8 ? (ownColour(codes) ?? before) : undefined;
        if (isGround) background = colour;
        else foreground = colour;
      }
    }
  };
  const texts: StyledText[] = [{ text: before, classes: [] }];
  for (const part of parts) {
    const [sequence = '', parameters = '', end] = sequenceRest.exec(part) ?? [];
    if (end === 'm' && /^[\d;]*$/.test(parameters)) follow(parameters);
    const [ink, ground] = classes.has('ansi-reverse')
      ? [background ?? paletteColour(0), foreground ?? paletteColour(7)]
      : [foreground, background];
    texts.push({
      text: part.slice(sequence.length),
      classes: [...classes],
      ...(ink && { foreground: ink }),
      // Text in the colour of its own ground would not be seen.
      ...(ground && ground !== ink && { background: ground }),
    });
  }
  return texts.filter(({ text }) => text !== '');
}

/** A colour that is written out behind 38 or 48: `5;n` of the palette, or `2;r;g;b`. */
function ownColour(codes: number[]): string | undefined {
  const kind = codes.shift();
  if (kind === 5) return paletteColour(codes.shift() ?? -1);
  if (kind !== 2) return undefined;
  const parts = codes.splice(0, 3);
  return parts.length === 3 && parts.every((part) => part < 256) ? parts.join(', ') : undefined;
}

/** One of 256: sixteen that have names, a cube of 6 × 6 × 6, and greys. */
function paletteColour(index: number): string | undefined {
  if (!(index >= 0 && index < 256)) return undefined;
  if (index < 16) {
    const low = index < 8 ? 0 : 85;
    return [1, 2, 4].map((bit) => (index & bit ? low + (index < 8 ? 187 : 170) : low)).join(', ');
  }
  const place = index - 16;
  if (place >= 216)
    return Array(3)
      .fill(8 + 10 * (place - 216))
      .join(', ');
  return [36, 6, 1].map((step) => [0, 95, 135, 175, 215, 255][Math.floor(place / step) % 6]).join(', ');
}
