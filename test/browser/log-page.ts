import type { Locator, Page } from 'playwright-core';
import type { DevNode } from '../dev-cluster/dev-node.ts';
import type { SimulatedTask } from '../dev-cluster/simulated-mesos.ts';
import type { ViewerInBrowser } from './page.ts';

/** The id of a Marathon app's instance, by the number it is known by in a test, and by how often it has been started. */
export function instanceId(app: string, number: number, start = 1): string {
  return `${app}.instance-${String(number).padStart(4, '0')}0000-0000-4000-8000-000000000000._app.${start}`;
}

/** A task on a node of the cluster, and what it writes. */
export class LoggingTask {
  readonly node: DevNode;
  readonly task: SimulatedTask;

  constructor({ cluster }: ViewerInBrowser, app: string, number: number, nodeNumber = 0, start = 1) {
    const node = cluster.nodes[nodeNumber];
    if (node === undefined) throw new Error(`the cluster has no node ${nodeNumber}`);
    this.node = node;
    this.task = cluster.launch(node, instanceId(app, number, start));
  }

  /** @param at ms since 1970 */
  write(message: string, at?: number, stream: 'STDOUT' | 'STDERR' = 'STDOUT'): void {
    this.node.journal.task(this.task, message, stream, at);
  }
}

/** The log of an opened page. */
export class LogOnPage {
  readonly page: Page;
  readonly scroller: Locator;
  readonly rows: Locator;
  readonly state: Locator;

  constructor(page: Page) {
    this.page = page;
    this.scroller = page.locator('.log-scroller');
    this.rows = page.locator('.row');
    this.state = page.locator('.stream-state');
  }

  row(text: string): Locator {
    return this.rows.filter({ hasText: text });
  }

  /** Messages of the rows that are drawn. */
  messages(): Promise<string[]> {
    return this.page.locator('.row .message').allTextContents();
  }

  /** Turns the wheel over the log. */
  async wheel(pixels: number): Promise<void> {
    const box = await this.scroller.boundingBox();
    if (box === null) throw new Error('the log is not on the screen');
    await this.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await this.page.mouse.wheel(0, pixels);
  }

  /** What an expression finds in the messages of all rows in memory, the oldest first: the list is scrolled through. */
  async texts(expression: RegExp): Promise<string[][]> {
    return await this.scroller.evaluate(async (scroller, source) => {
      const expression = new RegExp(source);
      const found: string[][] = [];
      const keys = new Set<string>();
      let last = '';
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      // More than the drawn rows moves by at once: none is left out, since some are drawn beyond the screen.
      const first = () => document.querySelector<HTMLElement>('.row')?.dataset.index;
      for (let i = 0; i < 50 && first() !== '0'; i++) {
        scroller.scrollTop = 0;
        await frame();
      }
      for (const until = performance.now() + 40_000; performance.now() < until; ) {
        await frame();
        const rows = [...document.querySelectorAll<HTMLElement>('.row')];
        // Those above come late: they are read while the top is in sight.
        const behind = rows.findIndex(({ dataset }) => dataset.key === last) + 1;
        for (const row of rows.slice(behind)) {
          last = row.dataset.key ?? '';
          const match = expression.exec(row.querySelector('.message')?.textContent ?? '');
          if (match !== null && !keys.has(last)) found.push(match.slice(1));
          keys.add(last);
        }
        const isAtEnd = () => scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop < 3;
        // At the end of what is in memory more is read of what was pushed out of it by what is above.
        const isRead = () => scroller.getAttribute('aria-busy') === 'false';
        if (isAtEnd() && isRead()) {
          scroller.scrollTop -= 1;
          await frame();
          scroller.scrollTop += 1;
          await frame();
          await frame();
          if (isAtEnd() && isRead()) break;
        }
        scroller.scrollTop += scroller.clientHeight;
      }
      return found;
    }, expression.source);
  }

  /**
   * Goes down from where the list stands until the line with this number is drawn.
   *
   * @returns the numbers of all lines on the way, each once, and how many rows were drawn at most
   */
  async linesDownTo(last: number): Promise<{ readonly lines: number[]; readonly mostRows: number }> {
    return await this.scroller.evaluate(async (scroller, last) => {
      const lines: number[] = [];
      let mostRows = 0;
      const until = performance.now() + 50_000;
      while (lines.at(-1) !== last && performance.now() < until) {
        const rows = [...document.querySelectorAll('.row .message')];
        mostRows = Math.max(mostRows, rows.length);
        for (const row of rows) {
          const line = Number(/^line (\d+)/.exec(row.textContent ?? '')?.[1]);
          if (line > (lines.at(-1) ?? -1)) lines.push(line);
        }
        scroller.scrollTop += scroller.clientHeight * 1.2;
        await new Promise((resolve) => requestAnimationFrame(resolve));
      }
      return { lines, mostRows };
    }, last);
  }

  /** Waits until something holds in the page. */
  async until(what: string, condition: string | (() => unknown)): Promise<void> {
    await this.page.waitForFunction(condition, undefined, { timeout: 30_000 }).catch((error: Error) => {
      throw new Error(`${what}: ${error.message}`);
    });
  }
}
