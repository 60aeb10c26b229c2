import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cannotRun, whyNoPrograms } from '../fixtures/requirements.ts';
import { LoggingTask, LogOnPage } from './log-page.ts';
import { ViewerInBrowser } from './page.ts';

const esc = '\u001b';
/** Each with a word by which its row is found. */
const hostile: Readonly<Record<string, string>> = {
  script: '<script>globalThis.ran = "script"</script>',
  image: '<img src=x onerror="globalThis.ran = \'image\'">',
  style: '</span></div></article><style>* { display: none }</style><iframe src="/logs/">',
  link: '<a href="javascript:globalThis.ran=1">link</a> javascript:globalThis.ran=1',
  template: '{{constructor.constructor("globalThis.ran = 1")()}}',
  terminal: `terminal ${esc}[2J${esc}[H${esc}]0;owned\u0007${esc}[8mconcealed${esc}[0m ${esc}[30;40mblack${esc}[0m`,
  colours: `colours ${esc}[38;2;255;0;0mexact${esc}[48;5;22mground${esc}[0m ${esc}[1;31mred`,
  hyperlink: `hyperlink ${esc}]8;;https://example.com/\u0007text${esc}]8;;\u0007`,
  sequences: `sequences ${`${esc}[1m`.repeat(20_000)}`,
  override: 'override \u202egnp.exe\u202c \u2066isolated\u2069 \u200fmark',
  zalgo: `zalgo ${'e\u0301\u0302\u0303\u0304\u0305'.repeat(200)}`,
  arabic: 'arabic \u0645\u0631\u062d\u0628\u0627 (123) \u05e9\u05dc\u05d5\u05dd',
  controls: 'controls \u0000\u0001\u0008\u0085\u2028\u2029\ufeff',
  prototype: '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"msg":"prototype"}',
  deep: `deep ${'['.repeat(50_000)}`,
  wide: `wide ${'W'.repeat(1024 * 1024)}`,
};

describe.skipIf(cannotRun(whyNoPrograms('chromium')))('hostile lines', () => {
  let viewer: ViewerInBrowser;
  beforeAll(async () => {
    viewer = await ViewerInBrowser.start({ nodes: 1 });
    const task = new LoggingTask(viewer, 'team_hostile', 1);
    for (const message of Object.values(hostile)) task.write(message);
    const { journal } = task.node;
    const framework: readonly [string, string][] = [
      ['FRAMEWORK_ID', task.task.frameworkId],
      ['EXECUTOR_ID', task.task.id],
      ['CONTAINER_ID', task.task.container.value],
    ];
    journal.append([...framework, ['MESSAGE', Buffer.from('bytes \xff\xfe\x80 end', 'latin1')]]);
    journal.append([...framework, ['MESSAGE', 'fields'], ['EVIL', '<img src=x onerror="globalThis.ran = 1">']]);
  });
  afterAll(() => viewer?.[Symbol.asyncDispose]());

  it.each([{ width: 1280 }, { width: 360 }])(
    'are text, and nothing but text, on a page $width pixels wide that they do not widen',
    async ({ width }) => {
      await using opened = await viewer.open({
        address: '?service=/team/hostile',
        viewport: { width, height: 900 },
      });
      const { page, complaints, foreign } = opened;
      const log = new LogOnPage(page);
      await log.row('fields').waitFor();
      await log.row('fields').click();
      await page.locator('.details').getByText('onerror').waitFor();
      await log.wheel(-5_000);
      await log.row('<script>').waitFor();
      const folded = page.locator('.fold[aria-expanded=false]');
      while ((await folded.count()) > 0) await folded.first().click();
      await page.waitForFunction(() => document.querySelectorAll('.fold[aria-expanded=true]').length > 0);
      const found = await page.evaluate(() => ({
        ran: 'ran' in globalThis,
        polluted: 'polluted' in {},
        elements: document.querySelectorAll('.log script, .log img, .log iframe, .log style, .log a').length,
        attributes: document.querySelectorAll('.log [onerror], .log [href]').length,
        pageWider: document.documentElement.scrollWidth > document.documentElement.clientWidth,
        logWider:
          (document.querySelector('.log-scroller')?.scrollWidth ?? 0) >
          (document.querySelector('.log-scroller')?.clientWidth ?? 0),
        title: document.title,
      }));
      expect(found).toMatchObject({
        ran: false,
        polluted: false,
        elements: 0,
        attributes: 0,
        pageWider: false,
        logWider: false,
      });
      expect(found.title).not.toContain('owned');
      expect(complaints).toEqual([]);
      expect(foreign).toEqual([]);
    },
  );

  it('show what would hide or turn text: overrides, controls, what is concealed, bytes that are not UTF-8', async () => {
    await using opened = await viewer.open({ address: '?service=/team/hostile' });
    const log = new LogOnPage(opened.page);
    await log.row('bytes').waitFor();
    expect(await log.row('bytes').textContent()).toContain('bytes \ufffd\ufffd\ufffd end');
    expect(await log.row('bytes').textContent()).toContain('not UTF-8');
    await log.wheel(-5_000);
    await log.row('override').waitFor();
    expect(await log.row('override').textContent()).toContain('RLOgnp.exePDF LRIisolatedPDI RLMmark');
    expect(await log.row('controls').textContent()).toContain('^@^A^Hx85LSPSBOM');
    const terminal = log.row('terminal');
    expect(await terminal.textContent()).toContain('concealed');
    expect(await terminal.getByText('concealed').isVisible()).toBe(true);
  });

  it('keep what they say of direction and of colour to themselves', async () => {
    await using opened = await viewer.open({ address: '?service=/team/hostile', colorScheme: 'dark' });
    const log = new LogOnPage(opened.page);
    await log.row('bytes').waitFor();
    await log.wheel(-5_000);
    await log.row('arabic').waitFor();
    const lefts = await opened.page.evaluate(() => [
      ...new Set([...document.querySelectorAll('.row .time')].map((time) => time.getBoundingClientRect().left)),
    ]);
    expect(lefts).toHaveLength(1);
    const colour = await log
      .row('colours')
      .getByText('exact')
      .evaluate((span) => getComputedStyle(span).color);
    expect(colour).toMatch(/^oklch\(0\.7[6-9]/);
  });
});
