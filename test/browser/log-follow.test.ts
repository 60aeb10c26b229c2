import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cannotRun, whyNoPrograms } from '../fixtures/requirements.ts';
import { LoggingTask, LogOnPage } from './log-page.ts';
import { ViewerInBrowser } from './page.ts';

describe.skipIf(cannotRun(whyNoPrograms('chromium')))('following a log', () => {
  let viewer: ViewerInBrowser;
  beforeAll(async () => {
    viewer = await ViewerInBrowser.start({ nodes: 3 });
  });
  afterAll(() => viewer?.[Symbol.asyncDispose]());

  it('keeps to the end, stops where the reader scrolls up, counts what comes, and goes on when asked', async () => {
    const task = new LoggingTask(viewer, 'team_calm', 1);
    for (let line = 0; line < 150; line++) task.write(`line ${line} `);
    await using opened = await viewer.open({ address: '?service=/team/calm' });
    const log = new LogOnPage(opened.page);
    await log.row('line 149 ').waitFor();
    await opened.page.locator('.stream-live').waitFor();
    task.write('line 150 ');
    await log.row('line 150 ').waitFor();
    await log.wheel(-800);
    await opened.page.locator('.stream-paused').waitFor();
    const top = await log.scroller.evaluate(({ scrollTop }) => scrollTop);
    for (let line = 151; line < 193; line++) task.write(`line ${line} `);
    const button = opened.page.getByRole('button', { name: '42 new' });
    await button.waitFor();
    expect(await log.scroller.evaluate(({ scrollTop }) => scrollTop)).toBe(top);
    await button.click();
    await log.row('line 192 ').waitFor();
    await opened.page.locator('.stream-live').waitFor();
    task.write('line 193 ');
    await log.row('line 193 ').waitFor();
    expect(await button.isVisible()).toBe(false);
    // The same by keys.
    await opened.page.keyboard.press('PageUp');
    await opened.page.locator('.stream-paused').waitFor();
    await opened.page.keyboard.press('G');
    await opened.page.locator('.stream-live').waitFor();
    await opened.page.keyboard.press('f');
    await opened.page.locator('.stream-paused').waitFor();
    expect(opened.complaints).toEqual([]);
  });

  it('stays where it is asked to stop while it is still on its way to the end', async () => {
    const task = new LoggingTask(viewer, 'team_hasty', 12);
    for (let line = 0; line < 150; line++) task.write(`line ${line} `);
    await using opened = await viewer.open({ address: '?service=/team/hasty' });
    const log = new LogOnPage(opened.page);
    await log.row('line 149 ').waitFor();
    await opened.page.locator('.stream-live').waitFor();
    await opened.page.keyboard.press('PageUp');
    await opened.page.locator('.stream-paused').waitFor();
    const states = await opened.page.evaluate(async () => {
      const press = (key: string) => dispatchEvent(new KeyboardEvent('keydown', { key }));
      const state = () => document.querySelector('.stream-state')?.textContent;
      press('G');
      // Drawn, but its scroll event is still to come: that is one of the next frame.
      for (let turn = 0; turn < 1_000 && state() !== 'live'; turn++) await Promise.resolve();
      press('f');
      const states: (string | null | undefined)[] = [];
      for (let frame = 0; frame < 20; frame++) {
        await new Promise((resolve) => requestAnimationFrame(resolve));
        states.push(state());
      }
      return states;
    });
    expect(new Set(states.slice(2))).toEqual(new Set(['paused']));
    expect(opened.complaints).toEqual([]);
  });

  it('goes on behind the last entry when the gateway was killed and is back: nothing is lost, nothing comes twice', async () => {
    const task = new LoggingTask(viewer, 'team_cut', 2);
    for (let line = 0; line < 20; line++) task.write(`line ${line} `);
    await using opened = await viewer.open({ address: '?service=/team/cut' });
    const log = new LogOnPage(opened.page);
    await log.row('line 19 ').waitFor();
    await opened.page.locator('.stream-live').waitFor();
    await viewer.cluster.gateway.kill('SIGKILL');
    await opened.page.locator('.stream-reconnecting').waitFor();
    for (let line = 20; line < 60; line++) task.write(`line ${line} `);
    await viewer.cluster.gateway.start();
    await log.row('line 59 ').waitFor();
    await opened.page.locator('.stream-live').waitFor();
    task.write('line 60 ');
    await log.row('line 60 ').waitFor();
    const lines = await log.texts(/^line (\d+)/);
    expect(lines.map(([line]) => Number(line))).toEqual(Array.from({ length: 61 }, (_, line) => line));
  });

  it('connects again when nothing is heard any more, though the connection stands', async () => {
    const task = new LoggingTask(viewer, 'team_stalled', 9);
    task.write('line 0 ');
    await using opened = await viewer.open({ address: '?service=/team/stalled' });
    const log = new LogOnPage(opened.page);
    await opened.page.clock.install();
    await opened.page.reload();
    await log.row('line 0 ').waitFor();
    await opened.page.locator('.stream-live').waitFor();
    const { pid } = viewer.cluster.gateway;
    if (pid === undefined) throw new Error('the gateway does not run');
    process.kill(pid, 'SIGSTOP');
    try {
      task.write('line 1 ');
      await opened.page.clock.fastForward(25_000);
      await opened.page.getByText('reconnecting: nothing was heard').waitFor();
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await opened.page.clock.fastForward(10_000);
    await log.row('line 1 ').waitFor();
    await opened.page.locator('.stream-live').waitFor();
    expect(await log.rows.count()).toBe(2);
  });

  it('says now and then to those who do not see it how much has come', async () => {
    const task = new LoggingTask(viewer, 'team_told', 10);
    task.write('line 0 ');
    await using opened = await viewer.open({ address: '?service=/team/told' });
    const log = new LogOnPage(opened.page);
    await opened.page.clock.install();
    await opened.page.reload();
    await opened.page.locator('.stream-live').waitFor();
    for (let line = 1; line <= 12; line++) task.write(`line ${line} `);
    await log.row('line 12 ').waitFor();
    await opened.page.clock.fastForward(21_000);
    await opened.page.getByText(/^1[23] new entries$/).waitFor({ state: 'attached' });
  });

  it('says that a task has ended, as it ends and when it is opened later', async () => {
    const task = new LoggingTask(viewer, 'team_ending', 3);
    task.write('line 0 ');
    await using opened = await viewer.open({ address: `?task=${encodeURIComponent(task.task.id)}` });
    const log = new LogOnPage(opened.page);
    await log.row('line 0 ').waitFor();
    await opened.page.locator('.stream-live').waitFor();
    task.write('line 1 ');
    viewer.cluster.mesos.report(task.task, 'TASK_FAILED', 'exit 1');
    await opened.page.getByText('ended: The task has failed.').waitFor();
    await log.row('line 1 ').waitFor();
    await log.rows.getByText(/ending·0003 has failed on node-1/).waitFor();
    await opened.page.reload();
    await opened.page.getByText('ended: The task has failed.').waitFor();
    await log.row('line 1 ').waitFor();
  });

  it('tells of instances that join, of nodes that are lost, and of their return, in rows of their own', async () => {
    const first = new LoggingTask(viewer, 'team_moving', 4, 0);
    first.write('line 0 ');
    await using opened = await viewer.open({ address: '?service=/team/moving' });
    const log = new LogOnPage(opened.page);
    await log.row('line 0 ').waitFor();
    await opened.page.locator('.stream-live').waitFor();
    const second = new LoggingTask(viewer, 'team_moving', 5, 1);
    await log.rows.getByText(/moving·0005 started/).waitFor();
    second.write('line 1 ');
    await log.row('line 1 ').waitFor();
    await second.node.agent.kill('SIGKILL');
    await log.rows.getByText(/Entries may be missing of node-2/).waitFor();
    second.write('line 2 ');
    await second.node.agent.start();
    await log.rows.getByText('node-2 is back').waitFor();
    await log.row('line 2 ').waitFor();
  });

  it('tells of an instance that is started again, and of one that has moved to another node', async () => {
    const first = new LoggingTask(viewer, 'team_nomad', 12, 0);
    first.write('line 0 ');
    await using opened = await viewer.open({ address: '?service=/team/nomad' });
    const log = new LogOnPage(opened.page);
    await log.row('line 0 ').waitFor();
    await opened.page.locator('.stream-live').waitFor();
    viewer.cluster.mesos.report(first.task, 'TASK_FAILED', 'exit 1');
    await log.rows.getByText(/nomad·0012 has failed on node-1/).waitFor();
    const second = new LoggingTask(viewer, 'team_nomad', 12, 0, 2);
    await log.rows.getByText(/nomad·0012\.2 restarted on node-1/).waitFor();
    second.write('line 1 ');
    await log.row('line 1 ').waitFor();
    viewer.cluster.mesos.report(second.task, 'TASK_KILLED');
    const third = new LoggingTask(viewer, 'team_nomad', 12, 1, 3);
    await log.rows.getByText(/nomad·0012\.3 moved to node-2/).waitFor();
    third.write('line 2 ');
    await log.row('line 2 ').waitFor();
  });

  it('tells between entries of another day, and of a node that was booted', async () => {
    const task = new LoggingTask(viewer, 'team_days', 13, 2);
    const yesterday = new Date(Date.now() - 86_400_000);
    task.write('line 0 ', yesterday.getTime());
    task.write('line 1 ');
    task.node.journal.reboot();
    task.write('line 2 ');
    await using opened = await viewer.open({ address: '?service=/team/days' });
    const log = new LogOnPage(opened.page);
    await log.row('line 2 ').waitFor();
    const between = (line: string) => log.row(line).locator('.change').allTextContents();
    expect(await between('line 0 ')).toEqual([]);
    expect(await between('line 1 ')).toEqual([expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/)]);
    expect(await between('line 2 ')).toEqual(['node-3 has been booted']);
  });

  it('takes in all that comes while nobody looks at the page', async () => {
    const task = new LoggingTask(viewer, 'team_unseen', 14);
    task.write('line 0 ');
    await using opened = await viewer.open({ address: '?service=/team/unseen' });
    const { page } = opened;
    const log = new LogOnPage(page);
    await log.row('line 0 ').waitFor();
    await page.locator('.stream-live').waitFor();
    // Chromium without a screen shows every page: what it would tell of a hidden one is told by hand, and no frames are given.
    const show = (isHidden: boolean) =>
      page.evaluate((hidden) => {
        const { requestAnimationFrame: frame } = window;
        Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
        Object.assign(window, hidden ? { requestAnimationFrame: () => 0, framesGiven: frame } : {});
        if (!hidden)
          Object.assign(window, {
            requestAnimationFrame: (window as unknown as { framesGiven: typeof frame }).framesGiven,
          });
        document.dispatchEvent(new Event('visibilitychange'));
      }, isHidden);
    await show(true);
    for (let line = 1; line <= 40; line++) task.write(`line ${line} `);
    await expect.poll(() => log.rows.count(), { timeout: 20_000 }).toBeGreaterThan(1);
    await show(false);
    await log.row('line 40 ').waitFor();
    expect(await log.messages()).toHaveLength(41);
  });

  it('keeps what is read while more comes than fits into memory, and gives each entry of it on the way down', async () => {
    const task = new LoggingTask(viewer, 'team_flood', 11);
    const [before, after] = [300, 7_000];
    for (let line = 0; line < before; line++) task.write(`line ${line} `);
    await using opened = await viewer.open({ address: '?service=/team/flood' });
    const log = new LogOnPage(opened.page);
    await log.row(`line ${before - 1} `).waitFor();
    await opened.page.locator('.stream-live').waitFor();
    await log.wheel(-1_500);
    await opened.page.locator('.stream-paused').waitFor();
    const [read] = await log.messages();
    for (let line = before; line < before + after; line++) task.write(`line ${line} `);
    await opened.page.getByRole('button', { name: '7,000 new' }).waitFor();
    expect((await log.messages())[0]).toBe(read);
    const { lines } = await log.linesDownTo(before + after - 1);
    const [first = 0] = lines;
    expect(first).toBeLessThan(before);
    expect(lines).toEqual(Array.from({ length: before + after - first }, (_, at) => first + at));
    await opened.page.locator('.stream-live').waitFor();
    task.write('line after ');
    await log.row('line after ').waitFor();
  });

  it('shows another log when the address changes, and the one before by the browser’s Back', async () => {
    const [one, other] = [new LoggingTask(viewer, 'team_one', 7), new LoggingTask(viewer, 'team_other', 8)];
    one.write('line 1 ');
    other.write('line 2 ');
    await using opened = await viewer.open({ address: '?service=/team/one' });
    const log = new LogOnPage(opened.page);
    await log.row('line 1 ').waitFor();
    await opened.page.evaluate(() => {
      history.pushState(null, '', '?service=/team/other');
      dispatchEvent(new PopStateEvent('popstate'));
    });
    await log.row('line 2 ').waitFor();
    expect(await log.rows.count()).toBe(1);
    await opened.page.goBack();
    await log.row('line 1 ').waitFor();
    one.write('line 3 ');
    await log.row('line 3 ').waitFor();
    expect(await log.rows.count()).toBe(2);
  });
});
