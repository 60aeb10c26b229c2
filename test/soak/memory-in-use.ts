import { setTimeout as sleep } from 'node:timers/promises';
import { fetch, WebSocket } from 'undici';

/** What is left of a process' memory once everything that nobody needs is collected, in MiB. */
export interface MemoryInUse {
  readonly heap: number;
  /** Of buffers, outside the heap. */
  readonly buffers: number;
}

/** Where a Node process that was sent SIGUSR1 opens its inspector: one at a time can. */
const inspector = 'http://127.0.0.1:9229/json';
const patience = 10_000;
/** Collects twice, for what the first collection lets go of, tells, and closes the inspector behind us. */
const expression = `new Promise((resolve) => setTimeout(() => {
  setTimeout(() => process._debugEnd(), 100);
  resolve(JSON.stringify(process.memoryUsage()));
}))`;

/**
 * Asks a Node process, which then goes on as before.
 *
 * @throws Error when it opens no inspector within 10 s: another process has its port
 */
export async function memoryInUse(pid: number): Promise<MemoryInUse> {
  process.kill(pid, 'SIGUSR1');
  const socket = new WebSocket(await debuggerOf());
  await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
  let last = 0;
  const call = (method: string, params: object = {}): Promise<unknown> =>
    new Promise((resolve) => {
      const id = ++last;
      socket.addEventListener('message', ({ data }) => {
        const answer = JSON.parse(String(data)) as { readonly id?: number; readonly result?: unknown };
        if (answer.id === id) resolve(answer.result);
      });
      socket.send(JSON.stringify({ id, method, params }));
    });
  await call('HeapProfiler.collectGarbage');
  await call('HeapProfiler.collectGarbage');
  const answer = (await call('Runtime.evaluate', { expression, awaitPromise: true })) as {
    readonly result: { readonly value: string };
  };
  const closed = new Promise((resolve) => socket.addEventListener('close', resolve, { once: true }));
  const { heapUsed, arrayBuffers } = JSON.parse(answer.result.value) as NodeJS.MemoryUsage;
  await closed;
  return { heap: heapUsed / 2 ** 20, buffers: arrayBuffers / 2 ** 20 };
}

async function debuggerOf(): Promise<string> {
  const until = performance.now() + patience;
  for (;;) {
    try {
      const [page] = (await (await fetch(inspector)).json()) as { readonly webSocketDebuggerUrl: string }[];
      if (page !== undefined) return page.webSocketDebuggerUrl;
    } catch (error) {
      if (performance.now() > until) throw new Error('the process opened no inspector within 10 s', { cause: error });
    }
    await sleep(50);
  }
}
