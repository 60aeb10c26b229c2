import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cannotRun, whyNoPrograms } from '../fixtures/requirements.ts';
import { ViewerInBrowser } from './page.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What another colour scheme can change of it. */
const ofColours = ['color-contrast', 'link-in-text-block'];

/**
 * What axe-core finds against it, each as its rule and the elements; the log stands still meanwhile.
 *
 * @param rules default: all
 */
async function violations(page: Page, rules?: readonly string[]): Promise<string[]> {
  const isThere = await page.evaluate(() => 'axe' in globalThis);
  if (!isThere) await page.evaluate(axe);
  const { violations: found } = await page.evaluate(
    (runOnly) =>
      (globalThis as unknown as { axe: { run(options: object): Promise<AxeResults> } }).axe.run(
        runOnly === undefined ? {} : { runOnly },
      ),
    rules,
  );
  return found.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ target, any }) => `${target} ${any[0]?.message}`).join('; ')}`,
  );
}

describe.skipIf(cannotRun(whyNoPrograms('chromium')))('the viewer for everybody', () => {
  let viewer: ViewerInBrowser;
  beforeAll(async () => {
    viewer = await ViewerInBrowser.start();
  });
  afterAll(() => viewer?.[Symbol.asyncDispose]());

  const firstRow = (page: Page) => page.getByRole('log').locator('.row').first();

  /** The main views, each as one gets there. */
  const views: Record<string, { readonly width: number; readonly signedIn?: false; open(page: Page): Promise<void> }> =
    {
      'the form to sign in': {
        width: 1280,
        signedIn: false,
        open: (page) => page.getByRole('dialog', { name: 'Sign in' }).waitFor(),
      },
      'the log': { width: 1280, open: (page) => firstRow(page).waitFor() },
      'an entry with its fields': {
        width: 1280,
        open: async (page) => {
          await firstRow(page).waitFor();
          await page.keyboard.press('k');
          await page.keyboard.press('Enter');
          await page.getByRole('table', { name: 'Fields of this entry' }).waitFor();
        },
      },
      'the help': {
        width: 1280,
        open: async (page) => {
          await firstRow(page).waitFor();
          await page.keyboard.press('?');
          await page.getByRole('dialog', { name: 'Keys' }).waitFor();
        },
      },
      'found sources': {
        width: 1280,
        open: async (page) => {
          await firstRow(page).waitFor();
          await page.keyboard.press('s');
          await page.keyboard.type('cart');
          await page.getByRole('option', { name: /cart/ }).first().waitFor();
        },
      },
      'what is asked of the log': {
        width: 1280,
        open: async (page) => {
          await firstRow(page).waitFor();
          await page.keyboard.press('F');
          await page.getByText('As a table').click();
          const line = page.getByRole('combobox', { name: 'Filter' });
          for (const query of ['STREAM!=STDERR', 'stream:x']) {
            await line.fill(query);
            await line.press('Enter');
          }
          await page.getByRole('alert').waitFor();
          await page.getByRole('region', { name: 'Counts of Stream' }).getByText('STDOUT').waitFor();
          await page.getByRole('button', { name: /^Keep/ }).click();
        },
      },
      'the log on a narrow screen': { width: 360, open: (page) => firstRow(page).waitFor() },
      'the sources on a narrow screen': {
        width: 360,
        open: async (page) => {
          await page.getByRole('button', { name: 'Sources' }).click();
          await page
            .getByRole('button', { name: /frontend/ })
            .first()
            .waitFor();
        },
      },
    };

  it.each(Object.keys(views))('%s has nothing that axe-core finds, in light and in dark', async (name) => {
    const { width, signedIn = true, open } = views[name] ?? { width: 0, open: async () => undefined };
    await using opened = await viewer.open({
      colorScheme: 'light',
      reducedMotion: 'reduce',
      viewport: { width, height: 740 },
      ...(signedIn ? {} : { token: null }),
    });
    const { page } = opened;
    await open(page);
    const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await ground();
    expect(await violations(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await ground()).not.toBe(light);
    expect(await violations(page, ofColours)).toEqual([]);
  });

  it('has contrast to spare for whom more is wanted', async () => {
    await using opened = await viewer.open({ contrast: 'more', reducedMotion: 'reduce' });
    await firstRow(opened.page).waitFor();
    expect(await violations(opened.page)).toEqual([]);
    const ground = await opened.page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    expect(ground).toBe('rgb(255, 255, 255)');
  });

  it('shows what is chosen where colours are the system’s', async () => {
    await using opened = await viewer.open({ forcedColors: 'active' });
    const chosen = opened.page.getByRole('button', { name: 'Everything' });
    await chosen.waitFor();
    expect(await chosen.evaluate((element) => getComputedStyle(element).outlineStyle)).toBe('solid');
  });

  it('moves nothing for whom that is too much', async () => {
    await using opened = await viewer.open({ reducedMotion: 'reduce', viewport: { width: 360, height: 740 } });
    const panel = opened.page.locator('#sources');
    expect(await panel.evaluate((element) => getComputedStyle(element).transitionDuration)).toBe('0s');
  });

  it('fits every screen from 360 to 3840 pixels', async () => {
    await using opened = await viewer.open({ viewport: { width: 360, height: 740 } });
    const { page } = opened;
    for (const width of [360, 760, 1280, 3840]) {
      await page.setViewportSize({ width, height: 740 });
      await firstRow(page).waitFor();
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(overflow, `${width} pixels`).toBeLessThanOrEqual(0);
    }
  });

  it('lists every key it knows, each with what it does', async () => {
    await using opened = await viewer.open();
    const { page } = opened;
    await firstRow(page).waitFor();
    await page.getByRole('button', { name: 'Keys' }).click();
    const help = page.getByRole('dialog', { name: 'Keys' });
    const listed = await help.locator('dt').allTextContents();
    for (const key of ['?', 's', 'u', 'w', '/', 'n', 'N', 'e', 'E', 'f', 'g', 'G']) {
      expect(listed.filter((name) => name.includes(key)).length, key).toBeGreaterThan(0);
    }
    const once = listed.filter((name) => name !== 'Esc');
    expect(once).toEqual([...new Set(once)]);
    await page.keyboard.press('Escape');
    await help.waitFor({ state: 'hidden' });
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Keys');
  });

  it('tells screen readers what happened, and remembers how one wants it shown', async () => {
    await using opened = await viewer.open();
    const { page } = opened;
    await page.locator('button.source-choice').filter({ hasText: 'frontend' }).click();
    await page.getByRole('status').getByText('Showing frontend').waitFor({ state: 'attached' });
    await page.keyboard.press('u');
    await page.reload();
    expect(await page.getByLabel('Times').inputValue()).toBe('utc');
  });
});
