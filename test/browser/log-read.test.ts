import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cannotRun, whyNoPrograms } from '../fixtures/requirements.ts';
import { LoggingTask, LogOnPage } from './log-page.ts';
import { ViewerInBrowser } from './page.ts';

const lines = 5_600;

/** Picks a row on the screen, and says when rows have come in above it how far it was from its place at most, in pixels. */
async function watchRow(): Promise<{ worst: Promise<number> }> {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const find = (key: string) =>
    [...document.querySelectorAll<HTMLElement>('.row')].find((row) => row.dataset.key === key);
  /** Where it is in the next frame when that is painted: before, rows may still be measured and moved. */
  const paintedTop = (row: HTMLElement) =>
    new Promise<number>((resolve) => {
      new IntersectionObserver(([seen], observer) => {
        observer.disconnect();
        resolve(seen?.boundingClientRect.top ?? Number.POSITIVE_INFINITY);
      }).observe(row);
    });
  for (let i = 0; i < 10; i++) await frame();
  const top = (document.querySelector('.log-scroller') as Element).getBoundingClientRect().top;
  const row = [...document.querySelectorAll<HTMLElement>('.row')].find(
    (row) => row.getBoundingClientRect().top > top + 100,
  ) as HTMLElement;
  const { key = '', index = '' } = row.dataset;
  const before = await paintedTop(row);
  const watch = async () => {
    let worst = 0;
    let after = 0;
    while (after < 10) {
      const same = find(key);
      if (same === undefined) return Number.POSITIVE_INFINITY;
      worst = Math.max(worst, Math.abs((await paintedTop(same)) - before));
      if (same.dataset.index !== index) after++;
    }
    return worst;
  };
  return { worst: watch() };
}

describe.skipIf(cannotRun(whyNoPrograms('chromium')))('reading a log', () => {
  let viewer: ViewerInBrowser;
  let start: number;
  beforeAll(async () => {
    viewer = await ViewerInBrowser.start({ nodes: 2 });
    start = Date.now() - 600_000;
    const many = [new LoggingTask(viewer, 'team_many', 1, 0), new LoggingTask(viewer, 'team_many', 2, 1)];
    for (let line = 0; line < lines; line++) {
      // Some are higher than others.
      const long = line % 97 === 0 ? ` ${'long '.repeat(80)}` : '';
      many[line % 2]?.write(`line ${line}.${long}`, start + line * 10);
    }
  });
  afterAll(() => viewer?.[Symbol.asyncDispose]());

  it('begins with the newest entries, and draws no more than 200 rows', async () => {
    await using opened = await viewer.open({ address: '?service=/team/many' });
    const log = new LogOnPage(opened.page);
    await log.row(`line ${lines - 1}.`).waitFor();
    await log.until('the last row is on the screen', () => {
      const scroller = document.querySelector('.log-scroller');
      return scroller !== null && scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop < 5;
    });
    expect(await log.rows.count()).toBeLessThanOrEqual(200);
    expect(opened.complaints).toEqual([]);
  });

  it('takes older entries in above without moving what is read', async () => {
    await using opened = await viewer.open({ address: '?service=/team/many' });
    const log = new LogOnPage(opened.page);
    await log.row(`line ${lines - 1}.`).waitFor();
    // Older rows come when the test has looked where the row is that is read.
    let release = () => {};
    await opened.page.route(/entries.*order=desc/, async (route) => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      await route.continue();
    });
    for (let page = 0; page < 3; page++) {
      const asked = opened.page.waitForRequest(/entries.*order=desc/);
      await log.scroller.evaluate((scroller) => {
        scroller.dispatchEvent(new WheelEvent('wheel'));
        scroller.scrollTop = 300;
      });
      await asked;
      const watched = await opened.page.evaluateHandle(watchRow);
      release();
      const moved = await watched.evaluate(({ worst }) => worst);
      expect(moved).toBeLessThanOrEqual(1);
    }
  });

  it('gives every entry once from the oldest to the newest, though only a part is in memory, and then follows', async () => {
    await using opened = await viewer.open({ address: '?service=/team/many' });
    const log = new LogOnPage(opened.page);
    await log.row(`line ${lines - 1}.`).waitFor();
    await opened.page.keyboard.press('g');
    await log.row('line 0.').waitFor();
    const seen = await log.linesDownTo(lines - 1);
    expect(seen.lines).toEqual(Array.from({ length: lines }, (_, line) => line));
    expect(seen.mostRows).toBeLessThanOrEqual(200);
    await log.until('the log follows', () => document.querySelector('.stream-live') !== null);
  });

  it('stands at the entry that a link names, with its surroundings, and writes where it stands into the address', async () => {
    await using opened = await viewer.open({ address: '?service=/team/many' });
    const log = new LogOnPage(opened.page);
    await log.row(`line ${lines - 1}.`).waitFor();
    await log.wheel(-2_500);
    await opened.page.waitForURL(/[?&]at=/);
    // The wheel turns for a while, and the address follows.
    let address = '';
    const isAtRest = () => {
      const before = address;
      address = opened.page.url();
      return address === before;
    };
    await expect.poll(isAtRest, { interval: 1_000, timeout: 20_000 }).toBe(true);
    await opened.page.keyboard.press('k');
    const chosen = log.page.locator('.row[aria-current]');
    const text = (await chosen.locator('.message').textContent()) ?? '';
    const before = opened.page.url();
    await opened.page.waitForURL((url) => url.href !== before);
    await using again = await viewer.open({ address: new URL(opened.page.url()).search });
    const other = new LogOnPage(again.page);
    await other.page.locator('.row[aria-current]').waitFor();
    expect(await other.page.locator('.row[aria-current] .message').textContent()).toBe(text);
    const number = Number(/^line (\d+)/.exec(text)?.[1]);
    await other.row(`line ${number - 1}.`).waitFor();
    await other.row(`line ${number + 1}.`).waitFor();
    expect(await other.state.textContent()).toBe('paused');
  });

  it('opens an entry to its fields by click and by key, and goes from entry to entry', async () => {
    await using opened = await viewer.open({ address: '?service=/team/many' });
    const log = new LogOnPage(opened.page);
    await log.row(`line ${lines - 3}.`).click();
    const details = opened.page.locator('.details');
    await details.waitFor();
    expect(await details.textContent()).toMatch(/EXECUTOR_ID\W*team_many\.instance/);
    await opened.page.keyboard.press('Escape');
    await details.waitFor({ state: 'detached' });
    await opened.page.keyboard.press('j');
    expect(await opened.page.locator('.row[aria-current] .message').textContent()).toContain(`line ${lines - 2}.`);
    await opened.page.keyboard.press('Enter');
    await details.waitFor();
    expect(await opened.page.evaluate(() => document.activeElement?.className)).toBe('row');
  });

  it('shows the beginning of an entry that is opened by key and higher than the screen', async () => {
    await using opened = await viewer.open({ address: '?service=/team/many', viewport: { width: 1000, height: 500 } });
    const log = new LogOnPage(opened.page);
    await log.row(`line ${lines - 1}.`).waitFor();
    for (const key of ['k', 'k', 'Enter']) await opened.page.keyboard.press(key);
    await opened.page.locator('.details').waitFor();
    await log.until('the entry begins where the log does', () => {
      const [row, scroller] = ['.row[aria-current]', '.log-scroller'].map((name) => document.querySelector(name));
      if (!row || !scroller || row.clientHeight < scroller.clientHeight) return false;
      return Math.abs(row.getBoundingClientRect().top - scroller.getBoundingClientRect().top) < 10;
    });
  });

  it('gives each instance a colour and a name of its own', async () => {
    await using opened = await viewer.open({ address: '?service=/team/many' });
    const log = new LogOnPage(opened.page);
    await log.row(`line ${lines - 1}.`).waitFor();
    const colours = await opened.page.evaluate(() =>
      [...document.querySelectorAll('.row')].slice(-4).map((row) => {
        const line = row.querySelector('.line') as Element;
        return [row.querySelector('.source')?.textContent, getComputedStyle(line, '::before').backgroundColor];
      }),
    );
    expect(colours[0]).toEqual(colours[2]);
    expect(colours[1]).toEqual(colours[3]);
    expect(colours[0]?.[0]).not.toBe(colours[1]?.[0]);
    expect(colours[0]?.[1]).not.toBe(colours[1]?.[1]);
  });

  it('folds messages of many lines, shows JSON as fields, cuts long lines, and gives all of each when asked', async () => {
    const task = new LoggingTask(viewer, 'team_shapes', 3);
    task.write(['java.lang.Error: no', ...Array.from({ length: 12 }, (_, at) => `\tat Main.java:${at}`)].join('\n'));
    task.write('{"level":"warn","msg":"slow answer","took_ms":812}');
    task.write(`start ${'x'.repeat(1024 * 1024)} end of it`);
    await using opened = await viewer.open({ address: '?service=/team/shapes' });
    const log = new LogOnPage(opened.page);
    const trace = log.row('java.lang.Error');
    await trace.waitFor();
    expect(await trace.locator('.message').textContent()).not.toContain('Main.java');
    await trace.getByRole('button', { name: '+12 lines' }).click();
    await trace.getByText('Main.java:11').waitFor();
    expect(await log.row('slow answer').textContent()).toMatch(/warning\s*slow answer\s*took_ms=812/);
    const long = log.row('start xxx');
    expect((await long.textContent())?.length).toBeLessThan(3_000);
    await long.getByRole('button', { name: 'show all 1.0 MiB' }).click();
    await long.getByText('end of it').waitFor();
  });

  it('shows times as chosen', async () => {
    await using opened = await viewer.open({ address: '?service=/team/many', timezoneId: 'Asia/Tokyo' });
    const log = new LogOnPage(opened.page);
    const time = log.row(`line ${lines - 1}.`).locator('.time');
    const written = new Date(start + (lines - 1) * 10);
    await time.waitFor();
    const inTokyo = new Date(written.getTime() + 9 * 3_600_000).toISOString().slice(11, 23);
    expect(await time.textContent()).toBe(inTokyo);
    await opened.page.getByLabel('Times').selectOption('utc');
    expect(await time.textContent()).toBe(written.toISOString().slice(11, 23));
    await opened.page.getByLabel('Times').selectOption('relative');
    expect(await time.textContent()).toMatch(/^\d+m( \d+s)? ago$/);
  });
});
