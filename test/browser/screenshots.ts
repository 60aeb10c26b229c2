import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { type OpenOptions, ViewerInBrowser } from './page.ts';

const directory = fileURLToPath(new URL('../../docs/images/', import.meta.url));
/** As wide as GitHub shows a page. */
const wide = { width: 1000, height: 560 };
/** On a busy machine nodes fall silent for a moment: not what a picture is to show. */
const mostTries = 10;

interface Screenshot {
  readonly name: string;
  readonly options: OpenOptions;
  prepare?(page: Page): Promise<void>;
}

/** The main views of the viewer, as docs/viewer.md and README.md show them. */
const screenshots: readonly Screenshot[] = [
  { name: 'viewer-light', options: { colorScheme: 'light', viewport: wide, address: '?since=-15m' } },
  { name: 'viewer-dark', options: { colorScheme: 'dark', viewport: wide, address: '?since=-15m' } },
  {
    name: 'viewer-entry',
    options: { colorScheme: 'light', viewport: wide, address: '?service=/shop/cart&service=/web/frontend' },
    async prepare(page) {
      for (const key of ['k', 'k', 'k', 'Enter']) await page.keyboard.press(key);
      await page.getByRole('table', { name: 'Fields of this entry' }).waitFor();
      await page.getByRole('button', { name: 'What is in cart' }).click();
    },
  },
  {
    name: 'viewer-errors',
    options: { colorScheme: 'dark', viewport: wide, address: '?service=/batch/importer&grep=Error' },
  },
  { name: 'viewer-narrow', options: { colorScheme: 'dark', viewport: { width: 360, height: 720 } } },
];

/** Makes the pictures of docs/images/ from the demo's cluster. Look at them before they are committed. */
async function makeScreenshots(): Promise<void> {
  mkdirSync(directory, { recursive: true });
  await using viewer = await ViewerInBrowser.start();
  for (const { name, options, prepare } of screenshots) {
    await using opened = await viewer.open({ reducedMotion: 'reduce', ...options });
    const { page } = opened;
    const path = join(directory, `${name}.png`);
    for (let left = mostTries; left > 0; left--) {
      await page.getByRole('log').locator('.row').first().waitFor();
      await page.getByText('live', { exact: true }).waitFor();
      await page.locator('.histogram svg rect').first().waitFor();
      await prepare?.(page);
      await page.screenshot({ path });
      if ((await page.locator('.event-warning').count()) === 0) break;
      await page.reload();
    }
    process.stdout.write(`${path}\n`);
  }
}

await makeScreenshots();
