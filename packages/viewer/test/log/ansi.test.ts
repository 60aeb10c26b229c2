import { fc, test as property } from '@fast-check/vitest';
import Anser from 'anser';
import { describe, expect, it } from 'vitest';
import { styledTexts } from '../../src/log/ansi.ts';

const esc = '\u001b[';

describe('colours of a message', () => {
  it('stay behind sequences that are no colours, and as they were before a later one', () => {
    expect(styledTexts(`${esc}31mred${esc}Kstill${esc}1mbold`)).toEqual([
      { text: 'redstill', classes: [], foreground: '187, 0, 0' },
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
    expect(styledTexts(`${esc}?25la${esc}>4;31mb${esc}4:3mc`)).toEqual([{ text: 'abc', classes: [] }]);
  });

  it('are not taken from numbers that name none', () => {
    const text = `${esc}38;5;256ma${esc}48;2;1;2;256mb${esc}38;2;1mc${esc}38md`;
    expect(styledTexts(text).every(({ foreground, background }) => !foreground && !background)).toBe(true);
  });

  it('change places with those of their ground', () => {
    expect(styledTexts(`${esc}31;7mred${esc}44mon blue${esc}27mback${esc}0;7mnone`)).toEqual([
      { text: 'red', classes: [], foreground: '0, 0, 0', background: '187, 0, 0' },
      { text: 'on blue', classes: [], foreground: '0, 0, 187', background: '187, 0, 0' },
      { text: 'back', classes: [], foreground: '187, 0, 0', background: '0, 0, 187' },
      { text: 'none', classes: [], foreground: '0, 0, 0', background: '255,255,255' },
    ]);
  });

  it('come with what is bold, dim, italic, underlined or struck through, until it is taken back', () => {
    const classesOf = (codes: string) => styledTexts(`${esc}${codes}mx`)[0]?.classes;
    const all = ['ansi-bold', 'ansi-dim', 'ansi-italic', 'ansi-underline', 'ansi-strikethrough'];
    expect(classesOf('1;2;3;4;9')).toEqual(all);
    expect(classesOf('1;2;3;4;9;22')).toEqual(all.slice(2));
    expect(classesOf('1;2;3;4;9;23;24;29')).toEqual(all.slice(0, 2));
    expect(classesOf('1;3;21')).toEqual(['ansi-italic']);
    for (const reset of ['1;3;0', '1;3;', '']) expect(classesOf(reset)).toEqual([]);
  });

  it('are not looked for where they are so many that the page would be slow', () => {
    const text = `${esc}31m.`.repeat(501);
    expect(styledTexts(text)).toEqual([{ text, classes: [] }]);
    expect(styledTexts(text.slice(6)).length).toBe(500);
  });

  const byte = fc.nat({ max: 255 });
  const code = fc.oneof(
    fc.nat({ max: 110 }).filter((one) => one !== 38 && one !== 48),
    fc.constantFrom(0, 1, 2, 7, 22, 24, 31, 39, 42, 49, 97),
    fc.tuple(fc.constantFrom(38, 48), byte).map(([where, index]) => `${where};5;${index}`),
    fc.tuple(fc.constantFrom(38, 48), byte, byte, byte).map(([where, ...rgb]) => `${where};2;${rgb.join(';')}`),
  );
  const sequence = fc.array(code, { maxLength: 4 }).map((codes) => `${esc}${codes.join(';')}m`);
  const text = fc.string({ minLength: 1, maxLength: 4, unit: fc.constantFrom('a', ';', '1', 'm', ' ', 'é', '\n') });
  const other = fc.constantFrom('', `${esc}K`, `${esc}2;5H`, `${esc}?25l`, `${esc}>4;31m`, `${esc}4:3m`, `${esc} q`);

  property.prop([fc.array(fc.tuple(sequence, other, text), { minLength: 1, maxLength: 8 })])(
    'are those that anser finds where nothing but colours is asked for',
    (parts) => {
      const known = Anser.ansiToJson(parts.map(([colours, , text]) => colours + text).join(''), { remove_empty: true });
      const found = styledTexts(parts.flat().join(''));
      expect(found.map(({ text }) => text)).toEqual(known.map(({ content }) => content));
      for (const [at, { fg, bg, decorations }] of known.entries()) {
        expect(found[at]?.foreground).toBe(fg ?? undefined);
        expect(found[at]?.background).toBe(bg === fg ? undefined : (bg ?? undefined));
        expect(found[at]?.classes).toEqual(decorations.filter((one) => one !== 'hidden').map((one) => `ansi-${one}`));
      }
    },
  );

  const hostile = fc.string({
    maxLength: 12,
    unit: fc.constantFrom('\u001b', '[', ']', '3', ';', '?', ' ', 'm', 'K', 'é', '\r', '\n'),
  });
  property.prop([hostile])('take nothing away of a message but sequences', (message) => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is how they begin
    const without = message.replace(/\u001b\[([0-?]*[ -/]*[@-~])?/g, '');
    expect(
      styledTexts(message)
        .map(({ text }) => text)
        .join(''),
    ).toBe(without);
  });
});
