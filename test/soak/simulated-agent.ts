import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { v3MediaTypes } from '@clusterlog/shared';
import { Random } from '../fixtures/random.ts';
import { type NodeBehaviour, SimulatedJournal } from './simulated-journal.ts';

/** How often an agent looks what is new, in ms. */
const pollPeriod = 5;
const idle: NodeBehaviour = { skew: 0, steps: false, silence: false, grain: 1, rate: 0 };

/** A node agent on a socket of its own that speaks the line stream: a journal for each world, told apart by `identifier`. */
export class SimulatedAgent implements AsyncDisposable {
  readonly host: string;
  readonly id: string;
  readonly #server: Server;
  readonly #journals = new Map<string, SimulatedJournal>();
  readonly #polling: NodeJS.Timeout;

  private constructor(id: string, host: string) {
    this.id = id;
    this.host = host;
    this.#server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://agent');
      if (!pathname.endsWith('/v3/follow')) {
        response.writeHead(404).end();
        return;
      }
      response.writeHead(200, { 'content-type': v3MediaTypes.lines }).flushHeaders();
      this.#journal(searchParams.get('identifier') ?? '').follow(response, searchParams);
    });
    this.#polling = setInterval(() => {
      for (const journal of this.#journals.values()) journal.send(50);
    }, pollPeriod);
  }

  static async start(id: string, host: string, port: number): Promise<SimulatedAgent> {
    const agent = new SimulatedAgent(id, host);
    await once(agent.#server.listen(port, host), 'listening');
    return agent;
  }

  /** Its journal in a new world. */
  begin(world: string, random: Random, behaviour: NodeBehaviour): SimulatedJournal {
    const journal = new SimulatedJournal(this.host, random, behaviour);
    this.#journals.set(world, journal);
    return journal;
  }

  end(world: string): void {
    this.#journals.delete(world);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#polling);
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #journal(world: string): SimulatedJournal {
    return this.#journals.get(world) ?? this.begin(world, new Random(0), idle);
  }
}
