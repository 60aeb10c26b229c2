import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cannotRun, whyNoPrograms } from '../fixtures/requirements.ts';
import { ViewerInBrowser } from './page.ts';

describe.skipIf(cannotRun(whyNoPrograms('chromium')))("the viewer's sources", () => {
  let viewer: ViewerInBrowser;
  beforeAll(async () => {
    viewer = await ViewerInBrowser.start();
  });
  afterAll(() => viewer?.[Symbol.asyncDispose]());

  const panel = (page: Page) => page.getByRole('navigation', { name: 'Sources' });
  const source = (page: Page, name: string | RegExp) =>
    panel(page).locator('button.source-choice').filter({ hasText: name });
  const row = (page: Page, name: string | RegExp) => panel(page).locator('.source-row').filter({ hasText: name });
  const box = (page: Page) => page.getByRole('combobox', { name: /Find a service/ });
  /** What the page's address asks for. */
  const asked = (page: Page, name: string) => new URL(page.url()).searchParams.getAll(name);

  it('are services by their paths, nodes and components, with what runs and what has ended', async () => {
    await using opened = await viewer.open();
    const { page } = opened;
    await source(page, /frontend.*1 running/).waitFor();
    await source(page, /report.*1 ended/).waitFor();
    await source(page, 'node-2').waitFor();
    await source(page, 'ssh').waitFor();
    await row(page, 'importer').getByRole('button', { name: 'What is in importer' }).click();
    await source(page, /^\W*[0-9a-f]{4}(\.\d+)?\W.*node-\d, running/).waitFor();
    await source(page, /^\W*[0-9a-f]{4}(\.\d+)?\W.*failed .*\d/)
      .first()
      .waitFor();
  });

  it('show their log when they are chosen, and Back leads to the one before', async () => {
    await using opened = await viewer.open();
    const { page } = opened;
    await source(page, 'frontend').click();
    expect(asked(page, 'service')).toEqual(['/web/frontend']);
    expect(await source(page, 'frontend').last().getAttribute('aria-pressed')).toBe('true');
    await page
      .getByText(/GET .* HTTP/)
      .first()
      .waitFor();
    await source(page, 'node-2').click();
    expect([asked(page, 'service'), asked(page, 'agent').length]).toEqual([[], 1]);
    await page.goBack();
    expect(asked(page, 'service')).toEqual(['/web/frontend']);
    await source(page, 'Everything').click();
    expect(new URL(page.url()).search).toBe('');
  });

  it('are merged when several are chosen, by Ctrl or by their boxes, and folders as a whole', async () => {
    await using opened = await viewer.open();
    const { page } = opened;
    await source(page, 'frontend').click();
    await source(page, 'cart').click({ modifiers: ['Control'] });
    expect(asked(page, 'service')).toEqual(['/web/frontend', '/shop/cart']);
    await row(page, 'mailer').hover();
    await row(page, 'mailer').getByRole('checkbox').check();
    expect(asked(page, 'service')).toEqual(['/web/frontend', '/shop/cart', '/legacy/mailer']);
    await source(page, 'batch/').click();
    expect(asked(page, 'service')).toEqual(['/batch/importer', '/batch/report']);
  });

  it('are found by a part of their names, without accents and case, by the keyboard alone', async () => {
    await using opened = await viewer.open();
    const { page } = opened;
    await source(page, 'frontend').waitFor();
    await page.keyboard.press('s');
    await expect.poll(() => box(page).evaluate((input) => input === document.activeElement)).toBe(true);
    await page.keyboard.type('ÇART sh');
    await page.getByRole('option', { name: /^\W*\/shop\/cart/ }).waitFor();
    await page.keyboard.press('ArrowDown');
    expect(await panel(page).getByRole('option', { selected: true }).getAttribute('id')).toBe('found-1');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    expect(asked(page, 'service')).toEqual(['/shop/cart']);
    await page.keyboard.type('no such thing');
    await page.getByText('Nothing fits.').waitFor();
    await page.keyboard.press('Escape');
    await source(page, 'frontend').waitFor();
  });

  it('are walked through by arrow keys', async () => {
    await using opened = await viewer.open();
    const { page } = opened;
    await source(page, 'importer').waitFor();
    await source(page, 'Everything').focus();
    const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '');
    await page.keyboard.press('ArrowDown');
    expect(await focused()).toContain('batch/');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowRight');
    await source(page, /node-\d, /)
      .first()
      .waitFor();
    await page.keyboard.press('ArrowDown');
    expect(await focused()).toMatch(/node-\d, /);
    await page.keyboard.press('ArrowLeft');
    expect(await focused()).toMatch(/importer.*running/);
    await page.keyboard.press('Space');
    expect(asked(page, 'service')).toEqual(['/batch/importer']);
  });

  it('are at hand when pinned or shown last, also the next time', async () => {
    await using opened = await viewer.open();
    const { page } = opened;
    await source(page, 'frontend').click();
    await row(page, 'mailer').hover();
    await row(page, 'mailer').getByRole('button', { name: 'Pin mailer' }).click();
    await page.reload();
    const headings = panel(page).getByRole('heading');
    await expect.poll(() => headings.allTextContents()).toEqual(expect.arrayContaining(['Pinned ', 'Recent ']));
    await source(page, /frontend.*service/)
      .first()
      .click();
    expect(asked(page, 'service')).toEqual(['/web/frontend']);
  });

  it('come and go with the cluster', async () => {
    await using opened = await viewer.open();
    const { page } = opened;
    await source(page, 'frontend').waitFor();
    const [node] = viewer.cluster.nodes;
    if (node === undefined) throw new Error('the cluster has no node');
    viewer.cluster.launch(node, 'team_late.instance-00000000-0000-4000-8000-000000000000._app.1');
    await expect
      .poll(
        async () => {
          // Who comes back to the page does not want to wait.
          await page.evaluate(() => dispatchEvent(new Event('focus')));
          return await source(page, /late.*1 running/).count();
        },
        { timeout: 20_000, interval: 250 },
      )
      .toBe(1);
  });

  it('stay few in the page when there are thousands, and more of them are shown when wanted', async () => {
    const tasks = Array.from({ length: 10_000 }, (_, i) => ({
      id: `app_${i}`,
      name: `app-${i}`,
      agent: 'S1',
      host: 'node-1',
      framework: 'F1',
      service: `/team-${i % 400}/app-${i % 2_000}`,
      state: 'TASK_RUNNING',
      completed: false,
      updated: 1,
    }));
    await using opened = await viewer.open({ token: null });
    const { page } = opened;
    await page.route('**/v3/tasks?*', (route) => route.fulfill({ json: { total: 12_345, tasks } }));
    await page
      .context()
      .addCookies([{ name: 'dcos-acs-auth-cookie', value: viewer.cluster.token, url: viewer.origin }]);
    await page.reload();
    await source(page, 'team-0/').waitFor();
    expect(await panel(page).locator('.source-row').count()).toBeLessThan(150);
    await panel(page).getByText('2345 tasks that ended longest ago').waitFor();
    await panel(page).getByRole('button', { name: '350 more' }).click();
    await panel(page).getByRole('button', { name: '150 more' }).waitFor();
    await box(page).fill('app-1999');
    await page.getByRole('option', { name: /team-399\/app-1999/ }).waitFor();
  });

  it('say what went wrong, and keep what was known', async () => {
    await using opened = await viewer.open({ token: null });
    const { page } = opened;
    const problem = {
      code: 'mesos-never-reached',
      title: 'x',
      status: 503,
      detail: 'The master has not been reached.',
    };
    await page.route('**/v3/tasks?*', (route) => route.fulfill({ status: 503, json: problem }));
    await page
      .context()
      .addCookies([{ name: 'dcos-acs-auth-cookie', value: viewer.cluster.token, url: viewer.origin }]);
    await page.reload();
    await panel(page).getByText('Not up to date: The master has not been reached.').waitFor();
    await source(page, 'node-1').waitFor();
  });

  it('are a drawer where there is little room, which closes when one is chosen', async () => {
    await using opened = await viewer.open({ viewport: { width: 360, height: 740 } });
    const { page } = opened;
    await panel(page).waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Sources' }).click();
    await source(page, 'frontend').waitFor();
    await page.keyboard.press('Escape');
    await panel(page).waitFor({ state: 'hidden' });
    expect(await page.evaluate(() => document.activeElement?.className)).toContain('drawer-button');
    await page.getByRole('button', { name: 'Sources' }).click();
    await source(page, 'frontend').click();
    await panel(page).waitFor({ state: 'hidden' });
    expect(asked(page, 'service')).toEqual(['/web/frontend']);
  });
});
