/**
 * The clients of `idle-followers.ts`, in a process of their own: as many connections as they are told to open, of which they only note
 * when lines with a mark come. Told and telling by messages; see `IdleClients`.
 */
import { connect, type Socket } from 'node:net';
import type { Asked, Told } from './idle-messages.ts';

const sockets: Socket[] = [];
/** Connections that are being opened at a time. */
const atOnce = 100;

process.on('message', (asked: Asked) => {
  if (asked.kind === 'open') void openAll(asked).then(() => tell({ kind: 'open', count: sockets.length }), fail);
  else if (asked.kind === 'expect') expect(asked.mark, asked.count);
  else for (const socket of sockets.splice(0)) socket.destroy();
});
process.on('disconnect', () => process.exit());

async function openAll({ port, heads }: Extract<Asked, { kind: 'open' }>): Promise<void> {
  const left = heads.entries();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const [at, head] of left) await open(port, head, at);
    }),
  );
}

/** Opens one and waits for the headers of its answer. */
function open(port: number, head: string, at: number): Promise<void> {
  // A source address has some 28,000 ports.
  const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.0.${2 + (at % 16)}` });
  sockets.push(socket);
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('a follow was cut')));
    socket.write(`${head}\r\nHost: bench\r\nAccept: text/event-stream\r\n\r\n`);
    socket.once('data', (bytes) => {
      const [line = ''] = bytes.toString('latin1').split('\r\n');
      if (!line.startsWith('HTTP/1.1 200')) reject(new Error(`a follow was answered ${line}, expected 200`));
      socket.on('data', take);
      resolve();
    });
  });
}

let expected: { readonly mark: string; count: number; readonly times: number[] } | undefined;

function expect(mark: string, count: number): void {
  expected = { mark, count, times: [] };
}

function take(bytes: Buffer): void {
  if (expected === undefined || bytes.indexOf(expected.mark) === -1) return;
  expected.times.push(performance.timeOrigin + performance.now());
  if (--expected.count === 0) tell({ kind: 'came', times: expected.times });
}

function tell(told: Told): void {
  process.send?.(told);
}

function fail(error: Error): void {
  tell({ kind: 'failed', message: error.message });
}
