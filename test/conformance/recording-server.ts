import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that stands for an agent or a Marathon: it keeps what it was asked, and answers as the test says. */
export class RecordingServer {
  readonly requests: IncomingMessage[] = [];
  /** Default: 200 and one line. */
  answer: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) => {
    response.setHeader('content-type', 'text/plain');
    response.end('line\n');
  };
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.requests.push(request);
      this.answer(request, response);
    });
  }

  static async start(host: string, port = 0): Promise<RecordingServer> {
    const recording = new RecordingServer();
    await once(recording.#server.listen(port, host), 'listening');
    return recording;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The request asked last. */
  get last(): IncomingMessage {
    const last = this.requests.at(-1);
    if (last === undefined) throw new Error('the server was not asked');
    return last;
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
