import { setTimeout as pause } from 'node:timers/promises';
import type { CDPSession, Page } from 'playwright-core';
import { LoggingTask, LogOnPage } from './log-page.ts';
import type { ViewerInBrowser } from './page.ts';
import { type Percentiles, percentiles, taskTimes, tracedCategories } from './page-tasks.ts';

export interface LoadOptions {
  readonly seconds: number;
  /** Entries a second, of all instances. */
  readonly rate: number;
}

/** How a page was while much came; times in ms. */
export interface LoadFigures {
  readonly entries: number;
  /** That it took to write them, in s: on a busy machine longer than was asked for. */
  readonly seconds: number;
  /** Of keys: until the page began to handle them, and until it had painted again. */
  readonly inputDelay: Percentiles;
  readonly keyToPaint: Percentiles;
  /** The same while nothing came. */
  readonly idleInputDelay: Percentiles;
  /** Share of one processor that the page's thread took. */
  readonly processor: number;
  /**
   * Processor time of the tasks of the page's thread: what comes in while one runs waits for its end. Unlike the delays it does not
   * depend on what else the machine does.
   */
  readonly tasks: Percentiles;
  /** Bytes in use after garbage was collected, once a part. */
  readonly heap: readonly number[];
  readonly mostRowsDrawn: number;
  /** Entries of each instance. */
  readonly written: readonly number[];
  /** Numbers of the rows in memory at the end, by instance. */
  readonly last: ReadonlyMap<number, readonly number[]>;
}

/** How much more a page holds in the second half than in the first, bytes: at the least, since what waits to be drawn comes and goes. */
export function heapGrowth({ heap }: LoadFigures): number {
  const half = Math.floor(heap.length / 2);
  return Math.min(...heap.slice(half)) - Math.min(...heap.slice(0, half));
}

const app = 'team_load';
const instances = 6;
const writingPeriod = 25;
const keyPeriod = 150;
const idleSeconds = 3;
const warmUpSeconds = 4;
const tracedSeconds = 30;

/** Follows a service that writes so many entries a second, and presses keys meanwhile. */
export async function followUnderLoad(viewer: ViewerInBrowser, { seconds, rate }: LoadOptions): Promise<LoadFigures> {
  const nodes = viewer.cluster.nodes.length;
  const writers = Array.from({ length: instances }, (_, at) => new LoggingTask(viewer, app, at + 1, at % nodes));
  const written = writers.map(() => 0);
  let entries = 0;
  const write = () => {
    const at = entries++ % instances;
    const number = written[at] as number;
    written[at] = number + 1;
    writers[at]?.write(`line ${number} of ${at}: ${messageOf(entries)}`);
  };
  for (let i = 0; i < instances; i++) write();

  await using opened = await viewer.open({ address: '?service=/team/load' });
  const { page } = opened;
  const log = new LogOnPage(page);
  await page.locator('.stream-live').waitFor();
  const devTools = await page.context().newCDPSession(page);
  await devTools.send('Performance.enable', { timeDomain: 'threadTicks' });
  await page.evaluate(watchKeys);

  await pressKeys(page, idleSeconds * 1_000);
  const idle = await takeDelays(page);
  const began = performance.now();
  const writing = setInterval(() => {
    const due = Math.floor(((performance.now() - began) / 1_000) * rate) + instances;
    // A late timer does not make a burst.
    for (let i = 0; i < rate / 4 && entries < due; i++) write();
  }, writingPeriod);
  // What is in memory first has to be as much as ever.
  await pressKeys(page, warmUpSeconds * 1_000);
  await takeDelays(page);
  const heap: number[] = [];
  const parts = Math.max(4, Math.round(seconds / 30));
  // A trace of minutes would be greater than what it is of.
  const firstTraced = Math.max(0, parts - Math.ceil(tracedSeconds / (seconds / parts)));
  let mostRowsDrawn = 0;
  const before = await threadTime(devTools);
  const measuredSince = performance.now();
  try {
    for (let part = 0; part < parts; part++) {
      if (part === firstTraced) await viewer.browser.startTracing(page, { categories: tracedCategories });
      await pressKeys(page, (seconds * 1_000) / parts);
      mostRowsDrawn = Math.max(mostRowsDrawn, await log.rows.count());
      heap.push(await heapInUse(devTools));
    }
  } finally {
    clearInterval(writing);
  }
  const elapsed = (performance.now() - began) / 1_000;
  const processor = ((await threadTime(devTools)) - before) / ((performance.now() - measuredSince) / 1_000);
  const tasks = taskTimes(await viewer.browser.stopTracing());
  const busy = await takeDelays(page);
  for (const [at, writer] of writers.entries()) await lastShown(log, writer, `the last line of ${at}`);
  if (opened.complaints.length > 0) throw new Error(opened.complaints.join('\n'));
  return {
    entries,
    written,
    seconds: elapsed,
    inputDelay: percentiles(busy.delays),
    keyToPaint: percentiles(busy.paints),
    idleInputDelay: percentiles(idle.delays),
    processor,
    tasks: percentiles(tasks),
    heap,
    mostRowsDrawn,
    last: await numbersInMemory(log),
  };
}

function messageOf(number: number): string {
  if (number % 7 === 0) return `WARN retrying upstream 10.0.${number % 256}.8:8080 after ${number % 900} ms`;
  if (number % 5 === 0)
    return `\u001b[32mGET\u001b[0m /api/v2/orders/${number.toString(16)} 200 ${number % 60_000} bytes`;
  return `10.0.3.${number % 256} POST /api/v2/sessions/${(number * 7_919).toString(16)} 201 trace=${number.toString(36)}`;
}

/** Has the page note of each key how long it waited, and how long until the next frame was painted. */
function watchKeys(): void {
  const noted = { delays: [] as number[], paints: [] as number[] };
  Object.assign(globalThis, { noted });
  addEventListener(
    'keydown',
    ({ timeStamp }) => {
      noted.delays.push(performance.now() - timeStamp);
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => noted.paints.push(performance.now() - timeStamp);
        port2.postMessage(undefined);
      });
    },
    { capture: true },
  );
}

async function takeDelays(page: Page): Promise<{ readonly delays: number[]; readonly paints: number[] }> {
  return await page.evaluate(() => {
    const { noted } = globalThis as unknown as { noted: { delays: number[]; paints: number[] } };
    const taken = { delays: [...noted.delays], paints: [...noted.paints] };
    noted.delays.length = 0;
    noted.paints.length = 0;
    return taken;
  });
}

/** Presses a key that changes what is shown, again and again. */
async function pressKeys(page: Page, milliseconds: number): Promise<void> {
  const until = performance.now() + milliseconds;
  while (performance.now() < until) {
    await page.keyboard.press('t');
    await pause(keyPeriod);
  }
}

async function threadTime(devTools: CDPSession): Promise<number> {
  const { metrics } = await devTools.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN;
}

async function heapInUse(devTools: CDPSession): Promise<number> {
  await devTools.send('HeapProfiler.collectGarbage');
  return (await devTools.send('Runtime.getHeapUsage')).usedSize;
}

/**
 * Waits until all that an instance has written is on the page: nothing of it comes behind its last line. What other nodes have
 * written may come later on a busy machine, and so much of it at once that a line is never drawn: then it is said again.
 */
async function lastShown(log: LogOnPage, writer: LoggingTask, line: string): Promise<void> {
  let isShown = false;
  const shown = log
    .row(line)
    .first()
    .waitFor({ timeout: 60_000 })
    .finally(() => {
      isShown = true;
    });
  while (!isShown) {
    writer.write(line);
    await Promise.race([shown, pause(1_000)]);
  }
  await shown;
}

async function numbersInMemory(log: LogOnPage): Promise<ReadonlyMap<number, readonly number[]>> {
  await log.wheel(-10);
  const lines = await log.texts(/^line (\d+) of (\d+): /);
  const last = new Map<number, number[]>();
  for (const [number = '', instance = ''] of lines) {
    const numbers = last.get(Number(instance)) ?? [];
    numbers.push(Number(number));
    last.set(Number(instance), numbers);
  }
  return last;
}
