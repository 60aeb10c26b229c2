import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cannotRun, whyNoPrograms } from '../fixtures/requirements.ts';
import { LoggingTask, LogOnPage } from './log-page.ts';
import { authCookie, ViewerInBrowser } from './page.ts';

const minutes = 40;

describe.skipIf(cannotRun(whyNoPrograms('chromium')))('the histogram of a log', () => {
  let viewer: ViewerInBrowser;
  /** Of the first line: a whole minute, 45 to 46 minutes ago. */
  let start: number;
  beforeAll(async () => {
    viewer = await ViewerInBrowser.start({ nodes: 1 });
    start = Math.floor(Date.now() / 60_000 - 45) * 60_000;
    const { node } = new LoggingTask(viewer, 'team_any', 1);
    for (let minute = 0; minute < minutes; minute++) {
      for (let line = 0; line < 10; line++) {
        const priority = minute === 20 && line < 3 ? 3 : 6;
        node.journal.kernel(`minute ${minute} line ${line}.`, priority, start + minute * 60_000 + line * 1_000);
      }
    }
  });
  afterAll(() => viewer?.[Symbol.asyncDispose]());

  async function open(address = '?kernel=true') {
    const opened = await viewer.open({ address, timezoneId: 'UTC' });
    const { page } = opened;
    const slider = page.getByRole('slider');
    await slider.waitFor();
    /** The middle of a minute's bar, in the page. */
    const at = async (minute: number) => {
      const box = await slider.boundingBox();
      const [most, text] = [
        await slider.getAttribute('aria-valuemax'),
        (await page.locator('.histogram-line').textContent()) ?? '',
      ];
      const from = Date.parse(`${/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/.exec(text)?.[0].replace(' ', 'T')}Z`);
      if (box === null) throw new Error('the histogram is not on the screen');
      const index = (start + minute * 60_000 - from) / 60_000;
      return { x: box.x + ((index + 0.5) / (Number(most) + 1)) * box.width, y: box.y + box.height / 2 };
    };
    return {
      page,
      opened,
      slider,
      at,
      log: new LogOnPage(page),
      [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
    };
  }

  it('has its place before it is there: the log does not move when it comes', async () => {
    await using opened = await viewer.open({ token: null, timezoneId: 'UTC' });
    const { page } = opened;
    let release = () => {};
    const asked = page.waitForRequest(/\/v3\/histogram/);
    await page.route(/\/v3\/histogram/, async (route) => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      await route.continue();
    });
    await page.context().addCookies([{ name: authCookie, value: viewer.cluster.token, url: viewer.origin }]);
    await page.goto(`${viewer.origin}/logs/?kernel=true`);
    const log = new LogOnPage(page);
    await log.rows.first().waitFor();
    await asked;
    const before = await log.scroller.boundingBox();
    release();
    await page.getByRole('slider').waitFor();
    expect(await log.scroller.boundingBox()).toEqual(before);
  });

  it('counts by time and severity, and says so in words and as a table', async () => {
    await using shown = await open();
    const { page, slider, at } = shown;
    await page.getByText('400 entries, 3 errors').first().waitFor();
    expect(await page.locator('.histogram-bars .bar-error').count()).toBe(1);
    expect(await page.locator('.histogram-bars .bar-info').count()).toBe(minutes);
    const { x, y } = await at(20);
    await page.mouse.move(x, y);
    const time = new Date(start + 20 * 60_000).toISOString().slice(0, 19).replace('T', ' ');
    await page.getByText(`${time} – `).first().waitFor();
    expect(await slider.getAttribute('aria-valuetext')).toMatch(/: 3 errors, 7 others$/);
    await page.getByText('As a table').click();
    const row = page.getByRole('row', { name: time });
    expect(await row.getByRole('cell').allTextContents()).toEqual(['3', '0', '7', '0']);
    expect(shown.opened.complaints).toEqual([]);
  });

  it('leads to the time that is clicked', async () => {
    await using shown = await open();
    const { page, at, log } = shown;
    await page.getByText('400 entries, 3 errors').first().waitFor();
    const { x, y } = await at(5);
    await page.mouse.click(x, y);
    await log.row('minute 5 line 0.').waitFor();
    await log.row('minute 4 line 9.').waitFor();
    await page.goBack();
    await log.row(`minute ${minutes - 1} line 9.`).waitFor();
  });

  it('shows only the time that is drawn over, and all of it again', async () => {
    await using shown = await open();
    const { page, at, log } = shown;
    await page.getByText('400 entries, 3 errors').first().waitFor();
    const [first, last] = [await at(10), await at(11)];
    await page.mouse.move(first.x, first.y);
    await page.mouse.down();
    await page.mouse.move(last.x, last.y, { steps: 5 });
    await page.mouse.up();
    await page.getByText('20 entries, 0 errors').first().waitFor();
    await log.row('minute 11 line 9.').waitFor();
    expect(await log.messages()).toHaveLength(20);
    const { searchParams } = new URL(page.url());
    expect(searchParams.get('since')).toBe(`@${start / 1_000 + 600}.000000`);
    expect(searchParams.get('until')).toBe(`@${start / 1_000 + 719}.999999`);
    await page.getByRole('button', { name: 'Reset time' }).click();
    await page.getByText('400 entries, 3 errors').first().waitFor();
    await log.row(`minute ${minutes - 1} line 9.`).waitFor();
  });

  it('leaves off at Escape while it is drawn over', async () => {
    await using shown = await open();
    const { page, at } = shown;
    await page.getByText('400 entries, 3 errors').first().waitFor();
    const [first, last] = [await at(10), await at(20)];
    await page.mouse.move(first.x, first.y);
    await page.mouse.down();
    await page.mouse.move(last.x, last.y, { steps: 3 });
    await page.locator('.histogram-chosen').waitFor({ state: 'attached' });
    await page.keyboard.press('Escape');
    await page.locator('.histogram-chosen').waitFor({ state: 'detached' });
    await page.mouse.up();
    expect(new URL(page.url()).searchParams.has('since')).toBe(false);
  });

  it('is gone through by keys: to a time, and to a piece', async () => {
    await using shown = await open(
      `?kernel=true&since=@${0}`.replace('@0', `@${Math.floor(Date.now() / 1_000) - 3_600}`),
    );
    const { page, slider, log } = shown;
    await page.getByText('400 entries, 3 errors').first().waitFor();
    await slider.focus();
    const now = () => slider.getAttribute('aria-valuenow').then(Number);
    await slider.press('Home');
    await expect.poll(now).toBe(0);
    for (let bar = 1; bar < 65 && !/: 3 errors/.test((await slider.getAttribute('aria-valuetext')) ?? ''); bar++) {
      await slider.press('ArrowRight');
      await expect.poll(now).toBe(bar);
    }
    await slider.press('Enter');
    await log.row('minute 20 line 0.').waitFor();
    await slider.press('Shift+ArrowRight');
    await slider.press('Enter');
    await page.getByText('20 entries, 3 errors').first().waitFor();
  });

  it('takes in what comes, with one request at a time', async () => {
    await using shown = await open();
    const { page } = shown;
    await page.getByText('400 entries, 3 errors').first().waitFor();
    let under = 0;
    let most = 0;
    page.on('request', (request) => {
      if (!request.url().includes('/histogram')) return;
      most = Math.max(most, ++under);
    });
    const done = (request: { url(): string }) => {
      if (request.url().includes('/histogram')) under--;
    };
    page.on('requestfinished', done);
    page.on('requestfailed', done);
    viewer.cluster.nodes[0]?.journal.kernel('now', 2);
    await page.getByText('401 entries, 4 errors').first().waitFor();
    expect(most).toBe(1);
  });

  it('follows the time that is chosen from the menu or typed', async () => {
    await using shown = await open();
    const { page, log } = shown;
    await page.keyboard.press('t');
    await page.getByRole('button', { name: 'Last 15 minutes' }).click();
    await page.waitForURL(/since=-15m/);
    await page.keyboard.press('t');
    const day = (minute: number) => new Date(start + minute * 60_000).toISOString().slice(0, 16).replace('T', ' ');
    await page.getByLabel('From').fill(day(2));
    await page.getByLabel('To', { exact: true }).fill('soon');
    await page.getByRole('button', { name: 'Show (local time)' }).click();
    await page.getByText(/^Expected a time/).waitFor();
    await page.getByLabel('To', { exact: true }).fill(day(4));
    await page.getByRole('button', { name: 'Show (local time)' }).click();
    await page.getByText('20 entries, 0 errors').first().waitFor();
    await log.row('minute 3 line 9.').waitFor();
    await page.keyboard.press('t');
    await page.getByRole('button', { name: 'Since the newest boot' }).click();
    await page
      .getByText(/40\d entries/)
      .first()
      .waitFor();
    expect(new URL(page.url()).searchParams.get('boot')).toBe('0');
  });
});
