import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { AnswerStream } from '../../src/cluster/answer-stream.ts';

async function answerOf(stream: AnswerStream): Promise<string> {
  const server = createServer((_request, response) => stream.pipe(response)).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const answer = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(20_000) });
  return answer.text();
}

describe('an answer', () => {
  test('ends though it was over before anybody read it', async () => {
    const stream = new AnswerStream();
    await stream.send(Buffer.from('all there is\n'));
    stream.end();
    expect(await answerOf(stream)).toBe('all there is\n');
  });

  test('ends though there was nothing in it', async () => {
    const stream = new AnswerStream();
    stream.end();
    expect(await answerOf(stream)).toBe('');
  });

  test('has what its bytes were when they were sent, though they are used again', async () => {
    const stream = new AnswerStream();
    const answer = answerOf(stream);
    const bytes = Buffer.alloc(100_000);
    for (const letter of ['a', 'b', 'c']) {
      bytes.fill(letter);
      await stream.send(bytes);
    }
    stream.end();
    expect(await answer).toBe(['a', 'b', 'c'].map((letter) => letter.repeat(bytes.length)).join(''));
  });
});
