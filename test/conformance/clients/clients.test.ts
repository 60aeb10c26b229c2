import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RecordingServer } from '../recording-server.ts';
import { SetUp } from '../set-ups.ts';
import { CliEvents } from './cli-events.ts';
import { scannedEntries, scannerLimit } from './line-scanner.ts';

/** What the clients cannot bear, shown on a server that does it: otherwise a suite with them would prove nothing. */
describe('the clients of the suite', () => {
  let server: RecordingServer;
  let setUp: SetUp;
  beforeAll(async () => {
    server = await RecordingServer.start('127.0.0.1');
    setUp = new SetUp({ name: 'gateway', origin: `http://127.0.0.1:${server.port}`, logs: '', token: 'x' });
  });
  afterAll(() => server.stop());

  const event = (id: string, message: string) =>
    `id: ${id}\ndata: ${JSON.stringify({ fields: { MESSAGE: message } })}\n\n`;

  /** Answers with what is given for each connection in turn; the last is left open. */
  function answer(...answers: ((response: ServerResponse) => void)[]): void {
    server.requests.length = 0;
    server.answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      (answers[server.requests.length - 1] ?? (() => {}))(response);
    };
  }

  async function problemOf(client: CliEvents): Promise<string> {
    const problem = await client.until(() => false).then(String, (error: Error) => error.message);
    client.close();
    return problem;
  }

  it('get stuck at a clean end', async () => {
    answer((response) => response.end(event('1', 'a')));
    expect(await problemOf(new CliEvents(setUp, '/'))).toBe('the CLI is stuck: clean end');
  });

  it('come back after a cut, with the last id', async () => {
    answer(
      (response) => response.write(event('1', 'a'), () => response.destroy()),
      (response) => response.write(event('2', 'b')),
    );
    const client = new CliEvents(setUp, '/');
    await client.until(({ messages }) => messages.length === 2);
    expect([client.messages, server.last.headers['last-event-id']]).toEqual([['a', 'b'], '1']);
    client.close();
  });

  it('get stuck at an event of 64 KiB', async () => {
    answer((response) => response.write(event('1', 'x'.repeat(scannerLimit))));
    expect(await problemOf(new CliEvents(setUp, '/'))).toBe('the CLI is stuck: event too long');
  });

  it.each(['id:\ndata: {"fields":{}}\n\n', 'id: 1\ndata:\n\n', 'id: \ndata: {"fields":{}}\n\n'])(
    'panic at %j',
    async (text) => {
      answer((response) => response.write(text));
      expect(await problemOf(new CliEvents(setUp, '/'))).toMatch(/^the CLI panics/);
    },
  );

  it('cannot read an entry over two data lines', async () => {
    answer((response) => response.write('data: {"fields":\ndata: {}}\n\n'));
    expect(await problemOf(new CliEvents(setUp, '/'))).toContain('JSON');
  });

  it('stop reading lines at the first of 64 KiB, without a word', async () => {
    const line = (message: string) => `${JSON.stringify({ fields: { MESSAGE: message } })}\n`;
    server.answer = (_request, response) => response.end(line('a') + line('x'.repeat(scannerLimit)) + line('b'));
    const entries = scannedEntries(await setUp.ask('/'));
    expect(entries.map(({ fields }) => fields.MESSAGE)).toEqual(['a']);
  });
});
