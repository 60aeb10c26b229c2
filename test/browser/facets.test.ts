import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cannotRun, whyNoPrograms } from '../fixtures/requirements.ts';
import { LoggingTask, LogOnPage } from './log-page.ts';
import { ViewerInBrowser } from './page.ts';

describe.skipIf(cannotRun(whyNoPrograms('chromium')))('counts by field', () => {
  let viewer: ViewerInBrowser;
  beforeAll(async () => {
    viewer = await ViewerInBrowser.start({ nodes: 2 });
    const start = Date.now() - 60_000;
    for (const [number, node] of viewer.cluster.nodes.entries()) {
      const task = new LoggingTask(viewer, 'team_shop', number + 1, number);
      for (let line = 0; line < 30 * (number + 1); line++) {
        task.write(`line ${line}.`, start + line, line % 10 === 0 ? 'STDERR' : 'STDOUT');
      }
      for (let line = 0; line < 5; line++)
        node.journal.service('ssh.service', 'sshd', `login ${line}`, 'syslog', start + line);
      node.journal.kernel('disk failure', 3, start + 100);
    }
  });
  afterAll(() => viewer?.[Symbol.asyncDispose]());

  async function open() {
    const opened = await viewer.open();
    const { page } = opened;
    const log = new LogOnPage(page);
    await log.rows.first().waitFor();
    await page.keyboard.press('F');
    const facet = (label: string) => page.getByRole('region', { name: `Counts of ${label}` });
    const counts = async (label: string) =>
      (await facet(label).getByRole('listitem').allInnerTexts()).map((text) => text.split(/\s+/).slice(0, 2).join(' '));
    return { opened, page, log, facet, counts, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() };
  }

  it('are those of all nodes, the most frequent value first', async () => {
    await using shown = await open();
    const { facet, counts, opened } = shown;
    await facet('Severity').getByText('info').waitFor();
    await facet('Node').getByText('node-2').waitFor();
    await facet('Stream').getByText('STDERR').waitFor();
    await facet('Identifier').getByText('kernel').waitFor();
    expect(await counts('Severity')).toEqual(['info 10', 'err 2']);
    expect(await counts('Node')).toEqual(['node-2 66', 'node-1 36']);
    expect(await counts('Stream')).toEqual(['STDOUT 81', 'STDERR 9']);
    expect((await counts('Identifier')).at(-1)).toBe('kernel 2');
    expect(opened.complaints).toEqual([]);
  });

  it('narrow the log, with a value or without it, and are counted again', async () => {
    await using shown = await open();
    const { page, log, facet, counts } = shown;
    await facet('Stream').getByRole('button', { name: 'Only STREAM=STDERR' }).click();
    await facet('Node').getByText('6', { exact: true }).waitFor();
    expect(await counts('Node')).toEqual(['node-2 6', 'node-1 3']);
    await log.row('line 50.').waitFor();
    expect(await page.locator('.chip-text').allTextContents()).toEqual(['STREAM=STDERR']);
    await facet('Node').getByRole('button', { name: 'Without _HOSTNAME=node-2' }).click();
    await log.row('line 50.').waitFor({ state: 'detached' });
    await log.row('line 20.').waitFor();
    expect(await log.messages()).toEqual(['line 0.', 'line 10.', 'line 20.']);
  });

  it('are made of any field that is asked for', async () => {
    await using shown = await open();
    const { page, facet, counts } = shown;
    await page.getByLabel('Another field').fill('_transport');
    await page.getByRole('button', { name: 'Count', exact: true }).click();
    await facet('_TRANSPORT').getByText('syslog').waitFor();
    expect(await counts('_TRANSPORT')).toEqual(['journal 90', 'syslog 10', 'kernel 2']);
  });

  it('say that they are partial while a node does not answer', async () => {
    await using shown = await open();
    const { page, facet } = shown;
    await facet('Node').getByText('node-2').waitFor();
    const pid = viewer.cluster.nodes[1]?.agent.pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    try {
      await page.getByLabel('Another field').fill('_COMM');
      await page.getByRole('button', { name: 'Count', exact: true }).click();
      await facet('_COMM').getByText('in part').waitFor();
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  });
});
