import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SimulatedTask } from '../dev-cluster/simulated-mesos.ts';
import {
  dataHashTableBuckets,
  JournalWriter,
  randomId,
  systemJournalPath,
} from '../fixtures/journal-writer/journal-writer.ts';
import { instanceId, LogOnPage } from './log-page.ts';
import { ViewerInBrowser } from './page.ts';
import { type Percentiles, percentiles, taskTimes, tracedCategories } from './page-tasks.ts';

/** Of a file before its successor begins. */
const entriesOfFile = 250_000;
const fileSize = 192 * 1024 * 1024;

/** A cluster of two nodes with a service that has written many entries, and nothing else. */
export class LongHistory implements AsyncDisposable {
  readonly viewer: ViewerInBrowser;
  readonly entries: number;
  readonly #directory: string;

  private constructor(viewer: ViewerInBrowser, entries: number, directory: string) {
    this.viewer = viewer;
    this.entries = entries;
    this.#directory = directory;
  }

  static async start(entries: number): Promise<LongHistory> {
    const directory = mkdtempSync(join(tmpdir(), 'clusterlog-history-'));
    const nodes = [0, 1].map((node) => ({ journalDirectory: join(directory, `node-${node}`) }));
    for (const { journalDirectory } of nodes) new JournalWriter(identity(journalDirectory)).close();
    const viewer = await ViewerInBrowser.start({ nodes });
    const history = new LongHistory(viewer, entries, directory);
    try {
      const tasks = viewer.cluster.nodes.map((node, at) =>
        viewer.cluster.launch(node, instanceId('team_history', at + 1)),
      );
      const start = Date.now() - entries;
      for (const [at, { journalDirectory }] of nodes.entries()) {
        writeHistory(journalDirectory, tasks[at] as SimulatedTask, { start, entries, at, step: nodes.length });
      }
      return history;
    } catch (error) {
      await history[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.viewer[Symbol.asyncDispose]();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

function identity(directory: string) {
  const machineId = randomId();
  return { path: systemJournalPath(directory, machineId), machineId, bootId: randomId() };
}

interface Part {
  /** ms since 1970 of the entry numbered 0; the others follow one a ms. */
  readonly start: number;
  /** Of the whole history. */
  readonly entries: number;
  /** The part has each `step`-th entry, beginning with the one numbered `at`. */
  readonly at: number;
  readonly step: number;
}

/** Writes a node's part of the history. */
function writeHistory(directory: string, task: SimulatedTask, { start, entries, at, step }: Part): void {
  const first = start * 1_000;
  const options = { ...identity(directory), dataHashTableBuckets: dataHashTableBuckets(fileSize), bulk: true };
  let writer = new JournalWriter(options);
  for (let number = at; number < entries; number += step) {
    if (writer.entryCount >= entriesOfFile) writer = writer.rotate(randomId()).writer;
    const realtime = first + number * 1_000;
    writer.append({
      realtime,
      monotonic: realtime - first + 1_000_000,
      fields: [
        ['FRAMEWORK_ID', task.frameworkId],
        ['EXECUTOR_ID', task.id],
        ['AGENT_ID', task.agentId],
        ['CONTAINER_ID', task.container.value],
        ['SYSLOG_IDENTIFIER', `Command Executor (Task: ${task.id})`],
        ['STREAM', 'STDOUT'],
        ['MESSAGE', `line ${number}. GET /api/v2/orders/${number % 5_000} 200 ${number % 900} ms`],
        ['_PID', '1140'],
        ['_UID', '0'],
        ['_GID', '0'],
        ['_COMM', 'mesos-journald-'],
        ['_SYSTEMD_UNIT', 'dcos-mesos-slave.service'],
        ['_TRANSPORT', 'journal'],
        ['_MACHINE_ID', options.machineId],
        ['_HOSTNAME', `node-${at + 1}`],
      ],
    });
  }
  writer.close();
}

/** Times in ms. */
export interface HistoryFigures {
  /** From the navigation until the last rows were drawn. */
  readonly shownAfter: number;
  /** Processor time that the page's thread took until then. */
  readonly busyUntilShown: number;
  /** Requests for entries until the first rows were there, and answers to them. */
  readonly requests: number;
  readonly answers: number;
  /** Of going back a screen, until its rows were drawn. */
  readonly screens: Percentiles;
  /** Screens that were without rows for a moment. */
  readonly emptyScreens: number;
  /** Processor times of the tasks of the page's thread meanwhile. */
  readonly tasks: Percentiles;
}

/** Opens the history at its end, and goes back screen by screen. */
export async function openHistory(
  { viewer, entries }: LongHistory,
  { screens }: { readonly screens: number },
): Promise<HistoryFigures> {
  // The agents know their files, the browser the page.
  for (let until = performance.now() + 60_000; ; ) {
    const { text } = await viewer.cluster.get('/system/v1/logs/v3/entries?service=/team/history&limit=2');
    if (text.includes(`line ${entries - 1}.`) && text.includes(`line ${entries - 2}.`)) break;
    if (performance.now() > until) throw new Error(`the history is not there yet: ${text}`);
  }
  await using opened = await viewer.open({ address: '?identifier=nothing' });
  const { page } = opened;
  const devTools = await page.context().newCDPSession(page);
  await devTools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const log = new LogOnPage(page);
  await page.addInitScript(noteFirstRow);
  await viewer.browser.startTracing(page, { categories: tracedCategories });
  await page.goto(`${viewer.origin}/logs/?service=/team/history&mark=${randomUUID()}`);
  await log.row(`line ${entries - 1}.`).waitFor();
  const busy = taskTimes(await viewer.browser.stopTracing());
  const { shownAfter, requests, answers } = await page.evaluate(
    () => (globalThis as unknown as { firstRow: Pick<HistoryFigures, 'shownAfter' | 'requests' | 'answers'> }).firstRow,
  );

  await viewer.browser.startTracing(page, { categories: tracedCategories });
  const times = await page.evaluate(goBack, screens);
  const tasks = taskTimes(await viewer.browser.stopTracing());
  if (opened.complaints.length > 0) throw new Error(opened.complaints.join('\n'));
  return {
    shownAfter,
    busyUntilShown: busy.reduce((sum, time) => sum + time, 0),
    requests,
    answers,
    screens: percentiles(times.took),
    emptyScreens: times.empty,
    tasks: percentiles(tasks),
  };
}

/** Notes when the page has drawn the first rows, ms since its navigation began, and what it had asked for and heard by then. */
function noteFirstRow(): void {
  let requests = 0;
  let answers = 0;
  const ask = globalThis.fetch;
  globalThis.fetch = async (...asked) => {
    if (!/\/v3\/(entries|follow|context)\?/.test(String(asked[0]))) return ask(...asked);
    requests++;
    const response = await ask(...asked);
    answers++;
    return response;
  };
  new MutationObserver((_, observer) => {
    if (document.querySelector('.row') === null) return;
    observer.disconnect();
    const heard = { requests, answers };
    requestAnimationFrame(() => Object.assign(globalThis, { firstRow: { shownAfter: performance.now(), ...heard } }));
  }).observe(document, { childList: true, subtree: true });
}

/** Scrolls up as one does who looks for something: a screen, a moment, the next one. */
async function goBack(screens: number): Promise<{ took: number[]; empty: number }> {
  const scroller = document.querySelector('.log-scroller') as HTMLElement;
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const took: number[] = [];
  let empty = 0;
  for (let screen = 0; screen < screens; screen++) {
    scroller.dispatchEvent(new WheelEvent('wheel'));
    const began = performance.now();
    scroller.scrollTop -= scroller.clientHeight;
    const { top, bottom } = scroller.getBoundingClientRect();
    const isCovered = () => {
      const rows = [...document.querySelectorAll('.row')].map((row) => row.getBoundingClientRect());
      return rows.some((row) => row.top <= top + 30) && rows.some((row) => row.bottom >= bottom - 30);
    };
    await frame();
    if (!isCovered()) empty++;
    while (!isCovered()) await frame();
    took.push(performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  return { took, empty };
}
