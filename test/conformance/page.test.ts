import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { doesNotApply } from './does-not-apply.ts';

const here = new URL('./', import.meta.url);
const page = readFileSync(new URL('../../docs/dcos-compatibility.md', here), 'utf8');
const all = Array.from({ length: 82 }, (_, index) => index + 1);

/** The numbers that the suite's chapters declare points of. */
function declared(): number[] {
  return readdirSync(here, { encoding: 'utf8', recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => [...readFileSync(new URL(name, here), 'utf8').matchAll(/^ +point\(\s*(\d+),/gm)])
    .map(([, number]) => Number(number))
    .sort((a, b) => a - b);
}

describe('the page of compatibility', () => {
  it('has a row for each of the 82 points, that says same, better or not done', () => {
    const rows = [...page.matchAll(/^\| (\d+) \| .+ \| (same|better|not done)\b.* \|$/gm)];
    expect(rows.map(([, number]) => Number(number))).toEqual(all);
  });

  it('speaks of what the suite tests, each point once', () => {
    expect(declared()).toEqual(all);
  });

  it('says where points do not apply, as the suite does', () => {
    const rows = [...page.matchAll(/^\| ((?:\d+, )*\d+) \| ((?!.* \| ).+) \|$/gm)];
    const said = rows.flatMap(([, numbers = '', why]) => numbers.split(', ').map((number) => [Number(number), why]));
    const known = Object.entries(doesNotApply).map(([number, why]) => [Number(number), why?.agent]);
    const byNumber = (a: (string | number | undefined)[], b: (string | number | undefined)[]) =>
      Number(a[0]) - Number(b[0]);
    expect(said.sort(byNumber)).toEqual(known.sort(byNumber));
  });
});
