import { describe, expect, it } from 'vitest';
import { styledTexts } from '../../src/log/ansi.ts';
import { jsonMessage } from '../../src/log/json-message.ts';
import { plainPieces } from '../../src/log/plain-text.ts';

describe('text of a log', () => {
  it('shows what cannot be seen: control characters, overrides of direction, invisible ones', () => {
    const pieces = plainPieces('a\u202eb\u0007c\u0085\u200b\u007f');
    expect(pieces.map(({ text }) => text)).toEqual(['a', 'RLO', 'b', '^G', 'c', 'x85', 'ZWSP', '^?']);
    expect(pieces[1]?.mark).toBe('U+202E');
  });

  it('leaves tabs, line breaks and every script as they are', () => {
    const text = 'a\tb\nשלום עולם – 日本語 🙂';
    expect(plainPieces(text)).toEqual([{ text }]);
  });

  it('marks every character that steers direction', () => {
    for (const code of [
      0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069, 0x200e, 0x200f, 0x61c,
    ]) {
      const character = String.fromCharCode(code);
      expect(plainPieces(`x${character}y`).some(({ text }) => text.includes(character))).toBe(false);
    }
  });
});

describe('colours of a message', () => {
  const esc = '\u001b[';

  it('are those of its escape sequences: sixteen that have names, 256, and all others', () => {
    expect(styledTexts(`${esc}31mred${esc}0m plain ${esc}1;38;5;208mpalette${esc}38;2;1;2;3;44mexact`)).toEqual([
      { text: 'red', classes: [], foreground: '187, 0, 0' },
      { text: ' plain ', classes: [] },
      { text: 'palette', classes: ['ansi-bold'], foreground: '255, 135, 0' },
      { text: 'exact', classes: ['ansi-bold'], foreground: '1, 2, 3', background: '0, 0, 187' },
    ]);
  });

  it('do not hide text: neither as concealed nor in the colour of its ground', () => {
    const concealed = styledTexts(`${esc}8mpassword${esc}0m`);
    expect(concealed).toEqual([{ text: 'password', classes: [] }]);
    const [same] = styledTexts(`${esc}31;41mhidden`);
    expect(same).toEqual({ text: 'hidden', classes: [], foreground: '187, 0, 0' });
  });

  it('leave out what moves the cursor or clears the screen', () => {
    expect(
      styledTexts(`a${esc}2Jb${esc}1;1Hc`)
        .map(({ text }) => text)
        .join(''),
    ).toBe('abc');
  });

  it('are not looked for in a message with thousands of sequences: it is shown as it stands', () => {
    const bomb = `${esc}1m`.repeat(100_000);
    expect(styledTexts(bomb)).toEqual([{ text: bomb, classes: [] }]);
  });
});

describe('a message that is JSON', () => {
  it('says its message first, then its other members, but for time and level', () => {
    const json = jsonMessage('{"ts":1,"level":"warn","msg":"slow","took_ms":12,"user":{"id":7}}');
    expect(json?.text).toBe('slow');
    expect(json?.members).toEqual([
      ['took_ms', '12'],
      ['user', '{"id":7}'],
    ]);
  });

  it('is only one that is an object, whole, and not too long', () => {
    for (const text of ['{"a":', '[1]', '"a"', 'a {"b":1}', `{"a":"${'x'.repeat(20_000)}"}`]) {
      expect(jsonMessage(text)).toBeUndefined();
    }
  });
});
