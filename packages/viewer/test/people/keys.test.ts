import { afterEach, describe, expect, test, vi } from 'vitest';
import { type Key, keys, pressKey, registerKey } from '../../src/people/keys.ts';

/** An element as far as keys look at it: what it is, or is inside of. */
function element(...selectors: string[]): Element {
  const closest = (selector: string) => (selector.split(', ').some((one) => selectors.includes(one)) ? {} : null);
  return { closest } as unknown as Element;
}

function press(key: string, parts: Partial<KeyboardEvent> = {}) {
  const event = { key, target: element(), preventDefault: vi.fn(), ...parts } as unknown as KeyboardEvent;
  return { did: pressKey(event), event };
}

const takeBack: (() => void)[] = [];
function register(parts: Partial<Key> & Pick<Key, 'key' | 'run'>): void {
  takeBack.push(registerKey({ label: 'Does something', group: 'Page', ...parts }));
}
afterEach(() => {
  for (const back of takeBack.splice(0)) back();
});

describe('a registered key', () => {
  test('does its work once, and the browser does not', () => {
    const run = vi.fn();
    register({ key: ['n', 'j'], run });
    const { did, event } = press('j');
    expect([did, run.mock.calls.length]).toEqual([true, 1]);
    expect(event.preventDefault).toHaveBeenCalled();
    expect(press('N').did).toBe(false);
  });

  test('leaves it to the one registered before where it has nothing to do, and at last to the browser', () => {
    const first = vi.fn();
    register({ key: 'Escape', run: first });
    register({ key: 'Escape', run: () => false });
    press('Escape');
    expect(first).toHaveBeenCalledOnce();
    register({ key: 'x', run: () => false });
    expect(press('x').event.preventDefault).not.toHaveBeenCalled();
  });

  test.each([
    ['with Ctrl', 'n', { ctrlKey: true }],
    ['with Meta', 'n', { metaKey: true }],
    ['with Alt', 'n', { altKey: true }],
    ['while a word is composed', 'n', { isComposing: true }],
    ['where text is typed', 'n', { target: element('textarea') }],
    ['in a dialog', 'Escape', { target: element('dialog') }],
    ['where Enter presses a button', 'Enter', { target: element('button') }],
    ['that somebody else has used', 'n', { defaultPrevented: true }],
  ])('does nothing %s', (_where, key, parts) => {
    const run = vi.fn();
    register({ key: ['n', 'Escape', 'Enter'], run });
    press(key, parts);
    expect(run).not.toHaveBeenCalled();
  });

  test('Escape counts also where text is typed', () => {
    const run = vi.fn();
    register({ key: 'Escape', run });
    press('Escape', { target: element('textarea') });
    expect(run).toHaveBeenCalledOnce();
  });

  test('is listed until it is taken back', () => {
    const before = keys.value.length;
    register({ key: 'z', run: () => undefined });
    expect(keys.value).toHaveLength(before + 1);
    takeBack.pop()?.();
    expect(keys.value).toHaveLength(before);
  });
});
