import { Agent, get } from 'node:http';

/** Asks one server for its newest ten entries as JSON, again and again over one connection. */
export class TailRequests {
  readonly #url: string;
  readonly #headers: Record<string, string>;
  readonly #connection = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(url: string, headers: Record<string, string> = {}) {
    this.#url = url;
    this.#headers = { accept: 'application/json', ...headers };
  }

  static ofAgent(origin: string): TailRequests {
    return new TailRequests(`${origin}/v1/range/?skip_prev=10&limit=10`);
  }

  static ofGatewayd(origin: string): TailRequests {
    return new TailRequests(`${origin}/entries`, { range: 'entries=:-9:10' });
  }

  /** @returns milliseconds until the whole answer was there */
  ask(): Promise<number> {
    const started = performance.now();
    return new Promise((resolve, reject) => {
      const request = get(this.#url, { agent: this.#connection, headers: this.#headers }, (response) => {
        let text = '';
        response.setEncoding('latin1');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('error', reject);
        response.on('end', () => {
          const milliseconds = performance.now() - started;
          const lines = text.split('\n').length - 1;
          if (lines === 10) resolve(milliseconds);
          else reject(new Error(`${this.#url} answered ${response.statusCode} and ${lines} lines, expected 10`));
        });
      });
      request.on('error', reject);
    });
  }

  close(): void {
    this.#connection.destroy();
  }
}
