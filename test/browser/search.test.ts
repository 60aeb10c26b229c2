import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cannotRun, whyNoPrograms } from '../fixtures/requirements.ts';
import { LoggingTask, LogOnPage } from './log-page.ts';
import { ViewerInBrowser } from './page.ts';

const lines = 3_000;
const every = 200;
/** Lines with something to find, far from each other and from the end. */
const needles = [300, 900, 2_400];

describe.skipIf(cannotRun(whyNoPrograms('chromium')))('searching a log', () => {
  let viewer: ViewerInBrowser;
  beforeAll(async () => {
    viewer = await ViewerInBrowser.start({ nodes: 2 });
    const start = Date.now() - lines * every;
    const instances = [new LoggingTask(viewer, 'team_shop', 1, 0), new LoggingTask(viewer, 'team_shop', 2, 1)];
    for (let line = 0; line < lines; line++) {
      const found = needles.includes(line) ? ' needle' : '';
      const level = line === 600 ? 'ERROR ' : '';
      instances[line % 2]?.write(
        `${level}line ${line}.${found}`,
        start + line * every,
        line % 10 === 7 ? 'STDERR' : 'STDOUT',
      );
    }
  });
  afterAll(() => viewer?.[Symbol.asyncDispose]());

  async function open(address = '?service=/team/shop') {
    const opened = await viewer.open({ address });
    const log = new LogOnPage(opened.page);
    await log.rows.first().waitFor();
    const current = opened.page.locator('.row[aria-current] .message');
    return { opened, log, page: opened.page, current, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() };
  }

  it('leaves only what a filter typed as text lets through, and keeps text, chips and address in step', async () => {
    await using shown = await open();
    const { page, log, opened } = shown;
    await page.keyboard.press('&');
    await page.keyboard.type('STREAM=STDERR /line 2\\d07/');
    await page.keyboard.press('Enter');
    await log.row('line 2907.').waitFor();
    await log.row('line 2906.').waitFor({ state: 'detached' });
    expect((await log.messages()).map((text) => Number(/\d+/.exec(text)))).toEqual(
      Array.from({ length: 10 }, (_, n) => 2_007 + n * 100),
    );
    const chips = page.locator('.chip-text');
    expect(await chips.allTextContents()).toEqual(['/line 2\\d07/', 'STREAM=STDERR']);
    expect(new URL(page.url()).searchParams.getAll('grep')).toEqual(['line 2\\d07']);
    await page.getByRole('button', { name: 'Turn round STREAM=STDERR' }).click();
    await chips.filter({ hasText: 'STREAM!=STDERR' }).waitFor();
    expect(await page.getByRole('combobox', { name: 'Filter' }).inputValue()).toBe('/line 2\\d07/ STREAM!=STDERR');
    await page.getByRole('button', { name: 'Remove /line 2\\d07/' }).click();
    await log.row(`line ${lines - 1}.`).waitFor();
    expect(await page.getByRole('combobox', { name: 'Filter' }).inputValue()).toBe('STREAM!=STDERR');
    await page.goBack();
    await page.goBack();
    await log.row('line 2907.').waitFor();
    expect(await chips.allTextContents()).toEqual(['/line 2\\d07/', 'STREAM=STDERR']);
    expect(opened.complaints).toEqual([]);
  });

  it('shows what is wrong with a filter, and where, and asks nothing', async () => {
    await using shown = await open();
    const { page } = shown;
    const before = page.url();
    const line = page.getByRole('combobox', { name: 'Filter' });
    await line.fill('good stream:x "open');
    await line.press('Enter');
    await page.locator('.query-problem', { hasText: 'Expected stdout or stderr behind stream, found "x".' }).waitFor();
    expect(await page.locator('.query-place mark').textContent()).toBe('x');
    expect(await page.evaluate(() => String(getSelection()))).toBe('x');
    expect(page.url()).toBe(before);
    await line.fill('grep(');
    await line.press('Enter');
    await page.waitForURL(/grep=/);
    await line.fill('/(/');
    await line.press('Enter');
    await page.getByText(/RE2/).first().waitFor();
  });

  it('suggests fields, and their values by how many entries have them', async () => {
    await using shown = await open();
    const { page } = shown;
    const line = page.getByRole('combobox', { name: 'Filter' });
    await line.pressSequentially('STR');
    const options = page.getByRole('listbox', { name: 'Suggestions' }).getByRole('option');
    await options.first().waitFor();
    expect((await options.allTextContents()).slice(0, 2)).toEqual(['stream:', 'STREAM=']);
    const chosen = options.and(page.getByRole('option', { selected: true }));
    await line.press('ArrowDown');
    await chosen.filter({ hasText: 'stream:' }).waitFor();
    await line.press('ArrowDown');
    await chosen.filter({ hasText: 'STREAM=' }).waitFor();
    await line.press('Enter');
    await options.filter({ hasText: 'STREAM=STDOUT' }).waitFor();
    expect((await options.allInnerTexts()).map((text) => text.split(/\s+/))).toEqual([
      ['STREAM=STDOUT', '2,700'],
      ['STREAM=STDERR', '300'],
    ]);
    await options.nth(1).click();
    expect(await line.inputValue()).toBe('STREAM=STDERR ');
    await line.press('Enter');
    await page.locator('.chip-text').waitFor();
    await new LogOnPage(page).row('line 2987.').waitFor();
  });

  it('narrows by a value of an open entry, with it and without it', async () => {
    await using shown = await open();
    const { page, log } = shown;
    await log.row('line 2997.').click();
    await page.getByRole('button', { name: 'Only STREAM=STDERR' }).click();
    await log.row('line 2987.').waitFor();
    expect(await page.locator('.chip-text').allTextContents()).toEqual(['STREAM=STDERR']);
    await log.row('line 2997.').click();
    await page.getByRole('button', { name: 'Without STREAM=STDERR' }).click();
    await log.row('line 2996.').waitFor();
    expect(await page.locator('.chip-text').allTextContents()).toEqual(['STREAM!=STDERR']);
  });

  it('finds text without leaving anything out, marks it, and goes from hit to hit through the whole log both ways', async () => {
    await using shown = await open();
    const { page, log, current } = shown;
    await page.keyboard.press('/');
    await page.keyboard.type('needle');
    await page.keyboard.press('Enter');
    await current.getByText('line 2400. needle').waitFor();
    expect(await page.locator('.row[aria-current] mark').textContent()).toBe('needle');
    await log.row('line 2401.').waitFor();
    await page.keyboard.press('N');
    await current.getByText('line 900. needle').waitFor();
    await log.row('line 901.').waitFor();
    await page.keyboard.press('N');
    await current.getByText('line 300. needle').waitFor();
    await page.keyboard.press('N');
    await page.getByText('No older hit.').first().waitFor();
    await page.keyboard.press('n');
    await current.getByText('line 900. needle').waitFor();
    expect(new URL(page.url()).searchParams.get('find')).toBe('needle');
  });

  it('goes on from a hit that is not on the screen yet', async () => {
    await using shown = await open('?service=/team/shop&find=needle');
    const { page, current } = shown;
    await page.keyboard.press('N');
    await page.waitForURL(/at=/);
    const first = page.url();
    await page.keyboard.press('N');
    await page.waitForURL((url) => url.href !== first);
    await current.getByText('line 900. needle').waitFor();
  });

  it('goes to errors, those without a priority too', async () => {
    await using shown = await open();
    const { page, current } = shown;
    await page.keyboard.press('E');
    await current.getByText('ERROR line 600.').waitFor();
    await page.keyboard.press('e');
    await page.getByText('No newer error.').first().waitFor();
  });

  it('shows what was written around a hit without the filter, and goes back to the filter', async () => {
    await using shown = await open('?service=/team/shop&grep=needle');
    const { page, log, current } = shown;
    await log.row('line 300. needle').click();
    await page.keyboard.press('c');
    await log.row('line 301.').waitFor();
    await log.row('line 299.').waitFor();
    expect(await current.textContent()).toBe('line 300. needle');
    expect(await page.locator('.chip').count()).toBe(0);
    await page.goBack();
    await log.row('line 2400. needle').waitFor();
    expect(await log.messages()).toEqual(needles.map((line) => `line ${line}. needle`));
    expect(await current.textContent()).toBe('line 300. needle');
  });

  it('says that it searches while a node takes its time, and leaves off at Escape', async () => {
    await using shown = await open();
    const { page } = shown;
    await page.getByRole('searchbox', { name: /^Find text/ }).fill('never written');
    const pid = viewer.cluster.nodes[1]?.agent.pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    try {
      await page.keyboard.press('Enter');
      await page.getByText(/^Searching older hits.* · [2-9] s/).waitFor();
      await page.keyboard.press('Escape');
      await page.getByText('Search cancelled.').first().waitFor();
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await page.keyboard.press('N');
    await page.getByText('No older hit.').first().waitFor();
  });
});
