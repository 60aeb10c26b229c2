import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type RequestListener } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { type Readable, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { lendMemory } from '../../src/encode/chunk-memory.ts';
import { ChunkReadable } from '../../src/read/chunk-readable.ts';

const size = 128 * 1024;
const closing: (() => void)[] = [];

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Chunks in lent memory, each full of its own number. */
class Chunks {
  made = 0;
  ended = false;
  readonly memory = new Set<ArrayBufferLike>();
  readonly #count: number;
  readonly #before: (number: number) => Promise<void> | undefined;

  constructor(count: number, before: (number: number) => Promise<void> | undefined = () => undefined) {
    this.#count = count;
    this.#before = before;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, undefined, undefined> {
    try {
      for (let number = 0; number < this.#count; number++) {
        await this.#before(number);
        const chunk = lendMemory(size)
          .subarray(0, size - number)
          .fill(number);
        this.made++;
        this.memory.add(chunk.buffer);
        yield chunk;
      }
    } finally {
      this.ended = true;
    }
    return undefined;
  }

  get expected(): Buffer {
    return Buffer.concat(Array.from({ length: this.#count }, (_, number) => Buffer.alloc(size - number, number)));
  }

  readable(): Readable {
    return new ChunkReadable(this[Symbol.asyncIterator](), size / 2);
  }
}

async function* shortChunks(count: number, gate?: Promise<void>): AsyncGenerator<Buffer, undefined, undefined> {
  for (let number = 0; number < count; number++) {
    if (number > 0) await gate;
    yield Buffer.from(`short ${number}`);
  }
  return undefined;
}

async function serve(handler: RequestListener): Promise<string> {
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function request(url: string): Promise<IncomingMessage> {
  const [response] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
  return response;
}

describe('chunks as a Node stream', () => {
  it('piped into a response arrive whole, from a few pieces of memory', async () => {
    const chunks = new Chunks(100);
    const url = await serve((_, response) => chunks.readable().pipe(response));
    const response = await request(url);
    expect(chunks.expected.equals(await buffer(response))).toBe(true);
    expect(response.complete).toBe(true);
    expect(chunks.memory.size).toBeLessThan(5);
    expect(chunks.ended).toBe(true);
  });

  it('read in any other way are never overwritten', async () => {
    const chunks = new Chunks(20);
    expect(chunks.expected.equals(await buffer(chunks.readable()))).toBe(true);
  });

  it('are made no faster than they are taken', async () => {
    const chunks = new Chunks(10);
    const taken: (() => void)[] = [];
    const arrived: number[] = [];
    const slow = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        arrived.push(chunk[0] as number);
        taken.push(() => done());
      },
    });
    chunks.readable().pipe(slow);
    for (let number = 0; number < 10; number++) {
      await expect.poll(() => taken.length).toBe(1);
      expect(arrived).toEqual(Array.from({ length: number + 1 }, (_, index) => index));
      expect(chunks.made).toBe(number + 1);
      taken.pop()?.();
    }
    await once(slow, 'finish');
  });

  it('stop when the client goes', async () => {
    const chunks = new Chunks(100_000);
    const closed = Promise.withResolvers<void>();
    const url = await serve((_, response) => {
      const readable = chunks.readable();
      readable.once('close', closed.resolve);
      response.once('close', () => readable.destroy());
      readable.pipe(response);
    });
    const response = await request(url);
    await once(response, 'readable');
    response.destroy();
    await closed.promise;
    expect(chunks.ended).toBe(true);
    expect(chunks.made).toBeLessThan(1000);
  });

  it('that fail half-way end the stream with the error, and nothing looks complete', async () => {
    const failing = new Chunks(3, (number) => (number === 2 ? Promise.reject(new Error('disk')) : undefined));
    const failed = Promise.withResolvers<Error>();
    const url = await serve((_, response) => {
      const readable = failing.readable();
      readable.once('error', (error) => {
        failed.resolve(error);
        response.destroy();
      });
      readable.pipe(response);
    });
    const response = await request(url);
    await expect(buffer(response)).rejects.toThrow('aborted');
    expect(response.complete).toBe(false);
    expect((await failed.promise).message).toBe('disk');
  });

  it('stop without an error of their own when writing fails', async () => {
    const chunks = new Chunks(3);
    const broken = new Writable({ write: (_chunk, _encoding, done) => done(new Error('gone')) });
    broken.on('error', () => {});
    const readable = chunks.readable();
    readable.pipe(broken);
    await once(readable, 'close');
    expect(chunks.ended).toBe(true);
    expect(chunks.made).toBe(1);
  });

  it('that let a client wait send it the headers first', async () => {
    const gate = Promise.withResolvers<void>();
    const chunks = new Chunks(1, () => gate.promise);
    const url = await serve((_, response) => chunks.readable().pipe(response));
    const response = await request(url);
    expect(response.statusCode).toBe(200);
    expect(chunks.made).toBe(0);
    gate.resolve();
    expect((await buffer(response)).length).toBe(size);
  });

  it('that are short and all there is go out in one piece with headers and end', async () => {
    const server = createServer((_, response) => {
      new ChunkReadable(shortChunks(1), size).pipe(response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(() => server.close());
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const [first] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect(first.toString()).toMatch(/^HTTP\/1.1 200 OK\r\n[\s\S]*\r\n\r\n7\r\nshort 0\r\n0\r\n\r\n$/);
  });

  it('that are short are written at once although more may come', async () => {
    const gate = Promise.withResolvers<void>();
    const url = await serve((_, response) => {
      new ChunkReadable(shortChunks(2, gate.promise), size).pipe(response);
    });
    const response = await request(url);
    const [first] = (await once(response, 'data')) as [Buffer];
    expect(first.toString()).toBe('short 0');
    gate.resolve();
    expect((await buffer(response)).toString()).toBe('short 1');
  });

  it('may leave the destination open', async () => {
    let bytes = 0;
    const open = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        bytes += chunk.length;
        done();
      },
    });
    const readable = new Chunks(2).readable();
    readable.pipe(open, { end: false });
    await once(readable, 'end');
    expect(bytes).toBe(2 * size - 1);
    expect(open.writableEnded).toBe(false);
  });
});
