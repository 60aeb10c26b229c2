import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cannotRun, whyNoPrograms } from '../fixtures/requirements.ts';
import { LoggingTask, LogOnPage } from './log-page.ts';
import { ViewerInBrowser } from './page.ts';

const lines = 1_000;

describe.skipIf(cannotRun(whyNoPrograms('chromium')))('keeping what is shown', () => {
  let viewer: ViewerInBrowser;
  let task: LoggingTask;
  beforeAll(async () => {
    viewer = await ViewerInBrowser.start({ nodes: 2 });
    const start = Date.now() - 600_000;
    task = new LoggingTask(viewer, 'team_shop', 1, 1);
    for (let line = 0; line < lines; line++) task.write(`it's line ${line}.`, start + line * 100);
  });
  afterAll(() => viewer?.[Symbol.asyncDispose]());

  async function open(address = '?service=/team/shop') {
    const opened = await viewer.open({
      address,
      permissions: ['clipboard-read', 'clipboard-write'],
      acceptDownloads: true,
    });
    const { page } = opened;
    const log = new LogOnPage(page);
    await log.rows.first().waitFor();
    const keep = async (name: string) => {
      await page.getByRole('button', { name: /^Keep/ }).click();
      await page.getByRole('button', { name, exact: true }).click();
    };
    const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
    const copied = async (what: string) => {
      await page.locator('.keep-note', { hasText: `${what} copied` }).waitFor();
      return clipboard();
    };
    return { opened, page, log, keep, copied, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() };
  }

  it('copies a link that opens at the same entry with its surroundings, filters and time, though time goes on', async () => {
    await using shown = await open('?service=/team/shop&grep=5&since=-20m&find=line');
    const { log, page, copied } = shown;
    await log.row('line 985.').click();
    await page.keyboard.press('y');
    const link = await copied('Link');
    expect(link).not.toContain(viewer.cluster.token);
    expect(new URL(link).searchParams.get('since')).toMatch(/^@\d+\.\d{6}$/);
    task.write('it’s line 5005.');
    await using again = await open(new URL(link).search);
    await again.page.locator('.row[aria-current]', { hasText: 'line 985.' }).waitFor();
    await again.log.row('line 975.').waitFor();
    await again.log.row('line 995.').waitFor();
    expect(await again.page.locator('.chip-text').allTextContents()).toEqual(['5']);
    expect(await again.page.locator('.row[aria-current] mark').first().textContent()).toBe('line');
  });

  it('copies a curl command that gives what is shown, with a variable for the token', async () => {
    await using shown = await open(`?service=/team/shop&grep=${encodeURIComponent("it's line 12\\d\\.")}`);
    await shown.keep('Copy as curl');
    const command = await shown.copied('Command');
    expect(command).not.toContain(viewer.cluster.token);
    const text = execFileSync('/bin/sh', ['-c', command], {
      env: { ...process.env, TOKEN: viewer.cluster.token },
      encoding: 'utf8',
    });
    const messages = text.split('\n').flatMap((line) => /it's line \d+\.$/.exec(line) ?? []);
    expect(messages).toEqual(Array.from({ length: 10 }, (_, n) => `it's line ${120 + n}.`));
  });

  it('copies commands of journalctl for the nodes that it lies on', async () => {
    await using shown = await open(`?service=/team/shop&grep=${encodeURIComponent("it's line 12\\d\\.")}`);
    await shown.keep('Copy as journalctl');
    const [node, command, ...more] = (await shown.copied('Command')).split('\n');
    expect(more).toEqual([]);
    expect(node).toBe('# on node-2');
    const here = `${command} -o cat -D '${task.node.journalDirectory}'`;
    const messages = execFileSync('/bin/sh', ['-c', here], { encoding: 'utf8' }).trimEnd().split('\n');
    expect(messages).toEqual(Array.from({ length: 10 }, (_, n) => `it's line ${120 + n}.`));
  });

  it('copies an entry as text, as JSON and as a command that shows it on its node', async () => {
    await using shown = await open();
    const { page, log, copied } = shown;
    await log.row('line 985.').click();
    await page.getByRole('button', { name: 'Copy text' }).click();
    expect(await copied('Text')).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z node-2 team_shop\.instance-\S+: it's line 985\.$/);
    await page.getByRole('button', { name: 'Copy JSON' }).click();
    expect(JSON.parse(await copied('JSON'))).toMatchObject({
      fields: { MESSAGE: "it's line 985." },
      source: { service: '/team/shop' },
    });
    await page.getByRole('button', { name: 'Copy journalctl' }).click();
    const [, command] = (await copied('Command')).split('\n');
    const here = `${command} -o cat -D '${task.node.journalDirectory}'`;
    expect(execFileSync('/bin/sh', ['-c', here], { encoding: 'utf8' })).toContain("it's line 985.\n");
  });

  it.each([
    ['Text', 'log', (text: string) => text.match(/it's line \d+\./g)],
    ['NDJSON', 'ndjson', (text: string) => text.match(/it's line \d+\./g)],
    ['Journal export', 'export', (text: string) => text.match(/(?<=^MESSAGE=)it's line \d+\.$/gm)],
  ])(
    'saves all of it as %s, plain and compressed, and asks without a token in the address',
    async (format, extension, read) => {
      await using shown = await open('?service=/team/shop&grep=s+line');
      const { page, keep, opened } = shown;
      const asked: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      for (const compressed of [false, true]) {
        const coming = page.waitForEvent('download');
        await keep(`Save as ${format}, ${compressed ? 'gz' : 'plain'}`);
        const download = await coming;
        expect(download.suggestedFilename()).toMatch(
          new RegExp(`^team-shop-\\d{8}T\\d{6}Z\\.${extension}${compressed ? '\\.gz' : ''}$`),
        );
        const bytes = readFileSync(await download.path());
        const found = read((compressed ? gunzipSync(bytes) : bytes).toString('utf8')) ?? [];
        expect(found).toEqual(Array.from({ length: lines }, (_, line) => `it's line ${line}.`));
      }
      expect(asked.filter((url) => url.includes(viewer.cluster.token))).toEqual([]);
      expect(opened.complaints).toEqual([]);
    },
  );

  it('tells how a download goes while a node takes its time, and leaves it off when asked', async () => {
    await using shown = await open('');
    const { page, keep } = shown;
    const pid = viewer.cluster.nodes[0]?.agent.pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    try {
      await keep('Save as Text, plain');
      const line = page.locator('.keep-note', { hasText: /^Saving cluster-\S+\.log: / });
      await line.waitFor();
      await line.getByRole('button', { name: 'Cancel' }).click();
      await line.waitFor({ state: 'detached' });
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  });
});
