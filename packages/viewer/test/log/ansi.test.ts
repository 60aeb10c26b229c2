import { fc, test as property } from '@fast-check/vitest';
import Anser from 'anser';
import { describe, expect, it } from 'vitest';
import { styledTexts } from '../../src/log/ansi.ts';

const esc = '\u001b[';

describe('colours of a message', () => {
  it('stay behind sequences that are no colours, and as they were before a later one', () => {
    expect(styledTexts(`${esc}31mred${esc}Kstill${esc}1mbold`)).toEqual([
      { text: 'red', classes: [], foreground: '187, 0, 0' },
      { text: 'still', classes: [], foreground: '187, 0, 0' },
      { text: 'bold', classes: ['ansi-bold'], foreground: '187, 0, 0' },
    ]);
  });

  it('lose nothing of a line whose sequence is not one', () => {
    expect(
      styledTexts(`a${esc}\u00e9\nb`)
        .map(({ text }) => text)
        .join(''),
    ).toBe('a\u00e9\nb');
  });

  it('leave out sequences with parameters that are others', () => {
    expect(styledTexts(`${esc}?25la${esc}>4;31mb${esc}4:3mc`)).toEqual([
      { text: 'a', classes: [] },
      { text: 'b', classes: [] },
      { text: 'c', classes: [] },
    ]);
  });

  it('are not taken from numbers that name none', () => {
    const text = `${esc}38;5;256ma${esc}48;2;1;2;256mb${esc}38;2;1mc${esc}38md`;
    expect(styledTexts(text).every(({ foreground, background }) => !foreground && !background)).toBe(true);
  });

  it('change places with those of their ground', () => {
    expect(styledTexts(`${esc}31;7mred${esc}44mon blue${esc}27mback${esc}0;7mnone`)).toEqual([
      { text: 'red', classes: ['ansi-reverse'], foreground: '0, 0, 0', background: '187, 0, 0' },
      { text: 'on blue', classes: ['ansi-reverse'], foreground: '0, 0, 187', background: '187, 0, 0' },
      { text: 'back', classes: [], foreground: '187, 0, 0', background: '0, 0, 187' },
      { text: 'none', classes: ['ansi-reverse'], foreground: '0, 0, 0', background: '187, 187, 187' },
    ]);
  });

  it('come with what is bold, dim, italic, underlined or struck through, until it is taken back', () => {
    const classesOf = (codes: string) => styledTexts(`${esc}${codes}mx`)[0]?.classes;
    const all = ['ansi-bold', 'ansi-dim', 'ansi-italic', 'ansi-underline', 'ansi-strikethrough'];
    expect(classesOf('1;2;3;4;5;6;8;9')).toEqual(all);
    expect(classesOf('1;1;2;3;4;9;22')).toEqual(all.slice(2));
    expect(classesOf('1;2;3;4;9;23;24;29')).toEqual(all.slice(0, 2));
    expect(classesOf('1;3;21')).toEqual(['ansi-italic']);
    for (const reset of ['1;3;0', '1;3;', '']) expect(classesOf(reset)).toEqual([]);
  });

  // Neither 46 of the palette nor 0;255;0: the green that anser says for another one, below.
  const byte = fc.nat({ max: 255 });
  const index = byte.filter((one) => one !== 46);
  const red = fc.integer({ min: 1, max: 255 });
  const code = fc.oneof(
    fc.nat({ max: 110 }).filter((one) => one !== 7 && one !== 38 && one !== 48),
    fc.constantFrom(0, 1, 2, 22, 24, 31, 39, 42, 49, 97),
    fc.tuple(fc.constantFrom(38, 48), index).map(([where, index]) => `${where};5;${index}`),
    fc.tuple(fc.constantFrom(38, 48), red, byte, byte).map(([where, ...rgb]) => `${where};2;${rgb.join(';')}`),
  );
  const sequence = fc.array(code, { maxLength: 4 }).map((codes) => `${esc}${codes.join(';')}m`);
  const text = fc.string({ minLength: 1, maxLength: 4, unit: fc.constantFrom('a', ';', '1', 'm', ' ', 'é') });

  property.prop([fc.array(fc.tuple(sequence, text), { minLength: 1, maxLength: 8 })])(
    'are of the colours that anser finds',
    (parts) => {
      let message = '';
      for (const [before, after] of parts) {
        message += before + after;
        const known = Anser.ansiToJson(message, { json: true, remove_empty: true }).at(-1);
        const found = styledTexts(message).at(-1);
        const [foreground, background] = [usual(known?.fg), usual(known?.bg)];
        // Of the last piece alone, and not how it is set: anser counts what is asked for twice, and changes pieces before.
        expect(found).toEqual({
          text: known?.content,
          classes: found?.classes,
          ...(foreground && { foreground }),
          ...(background && background !== foreground && { background }),
        });
      }
    },
  );
});

/** Two of the sixteen are brighter with anser than the others beside them. */
function usual(colour: string | null | undefined): string | undefined {
  if (!colour) return undefined;
  return colour === '255,255,255' ? '187, 187, 187' : colour === '0, 255, 0' ? '85, 255, 85' : colour;
}
