import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, Metrics, type Server } from '@clusterlog/shared/server';
import { type Field, JournalWriter, systemJournalPath } from '@clusterlog/test/fixtures/journal-writer/journal-writer';
import { Random } from '@clusterlog/test/fixtures/random';
import { createAgent } from '../../src/app.ts';
import { openJournal } from '../../src/journal/open-source.ts';
import type { JournalSource } from '../../src/journal/source.ts';

export const machineId = '0123456789abcdef0123456789abcdef';
export const boots = ['fedcba9876543210fedcba9876543210', '00112233445566778899aabbccddeeff'] as const;
export const start = 1_700_000_000_000_000;
/** µs from one entry to the next. */
export const step = 500_000;

/** A journal directory that the test writes. */
export class WrittenJournal {
  readonly directory = mkdtempSync(join(tmpdir(), 'clusterlog-gatewayd-'));
  readonly cursors: string[] = [];
  #writer: JournalWriter;

  constructor() {
    const path = systemJournalPath(this.directory, machineId);
    this.#writer = new JournalWriter({ path, machineId, bootId: boots[0] });
  }

  append(fields: readonly Field[], bootId: string = boots[0]): void {
    const at = this.cursors.length * step;
    this.cursors.push(this.#writer.append({ realtime: start + at, monotonic: 1000 + at, bootId, fields }));
  }

  rotate(): void {
    this.#writer = this.#writer.rotate().writer;
  }

  flush(): void {
    this.#writer.flush();
  }

  remove(): void {
    this.#writer.close();
    rmSync(this.directory, { recursive: true });
  }
}

const messages: (string | Buffer)[] = [
  'plain',
  'two\nlines\n',
  '',
  'tab\there \u001b[31mred\u001b[0m \u001b]8;;http://x\u0007link\u001b]8;;\u0007 \u001b[2Jother\r\nnext\r',
  '"quoted\\" é ✓ 𝄞',
  'C1 \u0085 control',
  'noncharacter \uffff',
  'long '.repeat(2000),
  Buffer.from([0, 1, 255, 10]),
  Buffer.alloc(1_300_000, 1),
  'x'.repeat(4087),
  'x'.repeat(4088),
];

/** Entries of every kind, over two boots and three files. */
export function writeVariedEntries(journal: WrittenJournal, count: number): void {
  const random = new Random(7);
  for (let index = 0; index < count; index++) {
    if (index === Math.floor(count / 3) || index === Math.floor((2 * count) / 3)) journal.rotate();
    const fields: Field[] = [];
    const maybe = (name: string, ...values: (string | Buffer)[]): void => {
      if (random.below(2) === 0) fields.push([name, random.pick(values)]);
    };
    if (random.below(10) > 0) fields.push(['MESSAGE', index % 5 === 0 ? random.pick(messages) : `message ${index}`]);
    maybe('_HOSTNAME', 'node', 'h'.repeat(299), 'h'.repeat(300));
    maybe('SYSLOG_IDENTIFIER', 'app', 'bad\nname', '\u0001');
    maybe('_COMM', 'java', 'node');
    maybe('_PID', '1', '4711');
    maybe('SYSLOG_PID', '99');
    maybe('PRIORITY', '3', '6');
    maybe('_SOURCE_REALTIME_TIMESTAMP', String(start + index), '0', 'never');
    maybe('TAG', 'a', 'b', Buffer.from([7]));
    maybe('TAG', 'c', 'd');
    maybe('EMPTY', '');
    maybe('BIG', 'y'.repeat(4091), 'y'.repeat(4092), 'y\n'.repeat(5000));
    journal.append(fields, index < count / 2 ? boots[0] : boots[1]);
  }
  journal.flush();
}

/** A node agent with gatewayd's interface. */
export interface GatewaydAgent {
  readonly app: Server;
  readonly journal: JournalSource;
  readonly origin: string;
  close(): Promise<void>;
}

export async function startGatewaydAgent(directory: string): Promise<GatewaydAgent> {
  const journal = await openJournal({ directories: [directory] });
  const app = createAgent({
    server: { log: createLogger('test', 'silent'), accessLog: false, metrics: new Metrics() },
    journal,
    keys: 'open',
    agentId: () => 'S0',
    gatewayd: true,
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    await app.close();
    await journal.close();
  };
  return { app, journal, origin: `http://127.0.0.1:${port}`, close };
}

export interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly body: Buffer;
}

export async function ask(origin: string, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(`${origin}${path}`, { headers });
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    body: Buffer.from(await response.arrayBuffer()),
  };
}
