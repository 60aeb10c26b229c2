import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cannotRun, whyNoPrograms } from '../fixtures/requirements.ts';
import { ViewerInBrowser } from './page.ts';
import { LongHistory, openHistory } from './viewer-history.ts';
import { followUnderLoad, heapGrowth, type LoadFigures } from './viewer-load.ts';

/** Two short forms of `npm run soak viewer`. */
describe.skipIf(cannotRun(whyNoPrograms('chromium')))('a merged follow of 2,000 entries a second', () => {
  let viewer: ViewerInBrowser;
  let figures: LoadFigures;
  beforeAll(async () => {
    viewer = await ViewerInBrowser.start({ nodes: 3 });
    figures = await followUnderLoad(viewer, { seconds: 20, rate: 2_000 });
  }, 300_000);
  afterAll(() => viewer?.[Symbol.asyncDispose]());

  it('leaves the page to its reader: no key has to wait for 100 ms of work', () => {
    // What comes in waits at most for the task that runs. Of delays only processor time is the page's own: the machine may be busy.
    expect(figures.tasks.most).toBeLessThan(100);
    expect(figures.processor).toBeLessThan(0.6);
  });

  it('does not make the page grow', () => {
    // Kept, what came would be 40 MiB and more.
    expect(heapGrowth(figures)).toBeLessThan(8 * 1024 * 1024);
    expect(figures.mostRowsDrawn).toBeLessThanOrEqual(200);
  });

  it('shows every entry of each instance in its order, up to the last', () => {
    expect(figures.written.length).toBe(6);
    for (const [instance, written] of figures.written.entries()) {
      const numbers = figures.last.get(instance) ?? [];
      const [first = 0] = numbers;
      expect(numbers).toEqual(Array.from({ length: written - first }, (_, at) => first + at));
    }
    expect(figures.written.reduce((sum, written) => sum + written)).toBe(figures.entries);
  });
});

describe.skipIf(cannotRun(whyNoPrograms('chromium')))('a service with a long past', () => {
  it('shows its last screen soon, and scrolls back without work that can be felt', async () => {
    await using history = await LongHistory.start(60_000);
    const figures = await openHistory(history, { screens: 20 });
    // What is above is read ahead meanwhile; nothing is waited for but the screen's own.
    expect(figures.answers).toBe(1);
    expect(figures.requests).toBeLessThanOrEqual(2);
    expect(figures.busyUntilShown).toBeLessThan(500);
    expect(figures.tasks.most).toBeLessThan(200);
    expect(figures.emptyScreens).toBe(0);
  }, 300_000);
});
