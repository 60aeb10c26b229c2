import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cannotRun, whyNoPrograms } from '../fixtures/requirements.ts';
import { buildViewer } from './build-viewer.ts';
import { ViewerInBrowser } from './page.ts';

const limit = 60_000;

describe('the viewer as it is built', () => {
  it('weighs no more than 60 kB compressed, page, script and style together', async () => {
    const dist = await buildViewer();
    const page = readFileSync(join(dist, 'index.html'), 'utf8');
    const assets = [...page.matchAll(/"\/logs\/(assets\/[^"]+)"/g)].map(([, path = '']) => path);
    expect(assets.length).toBeGreaterThanOrEqual(3);
    const weights = ['index.html', ...assets].map(
      (path) => gzipSync(readFileSync(join(dist, path)), { level: 9 }).length,
    );
    expect(weights.reduce((sum, weight) => sum + weight)).toBeLessThanOrEqual(limit);
  });
});

describe.skipIf(cannotRun(whyNoPrograms('chromium')))('the viewer in a browser', () => {
  let viewer: ViewerInBrowser;
  beforeAll(async () => {
    viewer = await ViewerInBrowser.start();
  });
  afterAll(() => viewer?.[Symbol.asyncDispose]());

  it('opens without a complaint of the browser, and asks nobody but its gateway', async () => {
    await using opened = await viewer.open();
    await opened.page.getByRole('log').waitFor();
    await opened.page.waitForLoadState('load');
    expect(opened.complaints).toEqual([]);
    expect(opened.foreign).toEqual([]);
  });

  it('may not run what others wrote into it', async () => {
    await using opened = await viewer.open();
    await opened.page.getByRole('log').waitFor();
    const ran = await opened.page.evaluate(() => {
      const script = document.createElement('script');
      try {
        script.textContent = 'globalThis.ran = true';
        document.body.append(script);
      } catch {
        return false;
      }
      return 'ran' in globalThis;
    });
    expect(ran).toBe(false);
  });
});
