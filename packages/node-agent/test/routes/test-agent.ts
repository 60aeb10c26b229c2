import type { AddressInfo } from 'node:net';
import { type Scope, wholeNode } from '@clusterlog/shared';
import { createLogger, Metrics, type Server } from '@clusterlog/shared/server';
import { createAgent } from '../../src/app.ts';
import type { Sandboxes } from '../../src/files/sandboxes.ts';
import { openJournal } from '../../src/journal/open-source.ts';
import type { JournalSource } from '../../src/journal/source.ts';
import { GatewayKeys } from '../../src/token/gateway-keys.ts';
import { GatewaySigner } from '../token/gateway-signer.ts';

export interface TestAgentOptions {
  /** Journal directory. */
  readonly directory: string;
  readonly sandboxes?: Sandboxes;
  /** What the agent reads instead of the journal itself, made of it. */
  readonly through?: (journal: JournalSource) => JournalSource;
}

/** What a question carries besides its path. */
export interface Question {
  /** Default: the whole node. */
  readonly scope?: Scope;
  readonly headers?: Readonly<Record<string, string>>;
  /** More claims of its token. */
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal;
}

/** The node agent S0 on a real socket, which wants gateway tokens, and the gateway that has them. */
export class TestAgent {
  readonly app: Server;
  readonly journal: JournalSource;
  /** The gateway whose tokens the agent takes. */
  readonly signer: GatewaySigner;
  readonly #keys: GatewayKeys;

  private constructor(app: Server, journal: JournalSource, signer: GatewaySigner, keys: GatewayKeys) {
    this.app = app;
    this.journal = journal;
    this.signer = signer;
    this.#keys = keys;
  }

  static async start({ directory, sandboxes, through = (journal) => journal }: TestAgentOptions): Promise<TestAgent> {
    const signer = await GatewaySigner.create('g');
    const load = async () => ({ keys: [signer.publicJwk as { kty: string }] });
    const keys = new GatewayKeys([{ name: 'test', load, mayHaveChanged: () => true }], { info() {}, warn() {} });
    await keys.load();
    const journal = await openJournal({ directories: [directory] });
    const app = createAgent({
      server: { log: createLogger('test', 'silent'), accessLog: false, metrics: new Metrics() },
      journal: through(journal),
      keys,
      agentId: () => 'S0',
      ...(sandboxes === undefined ? {} : { sandboxes }),
    });
    await app.listen({ host: '127.0.0.1', port: 0 });
    return new TestAgent(app, journal, signer, keys);
  }

  get port(): number {
    return (this.app.server.address() as AddressInfo).port;
  }

  async ask(path: string, { scope = wholeNode, headers = {}, extra = {}, signal }: Question = {}): Promise<Response> {
    const [route = ''] = path.split('?');
    const token = await this.signer.sign({ path: route, scope, extra });
    return fetch(`http://127.0.0.1:${this.port}${path}`, {
      headers: { authorization: `Bearer ${token}`, ...headers },
      ...(signal === undefined ? {} : { signal }),
    });
  }

  async close(): Promise<void> {
    await this.app.close();
    this.#keys.close();
    await this.journal.close();
  }
}
