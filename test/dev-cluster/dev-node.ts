import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { MesosAgent } from './mesos-agent.ts';
import { NodeJournal } from './node-journal.ts';
import { type Run, ServiceProcess } from './service-process.ts';
import type { WorkloadNode } from './workload.ts';

export interface DevNodeOptions {
  readonly hostname: string;
  /** Its Mesos agent id. */
  readonly agentId: string;
  /** Its Mesos agent, which answers already. */
  readonly mesosAgent: MesosAgent;
  /** Port of its node agent. */
  readonly port: number;
  /** The network its node agent runs in; default: this machine's, on loopback. */
  readonly network?: NodeNetwork;
  /** More flags for its node agent. */
  readonly arguments: readonly string[];
  readonly run: Run;
  /** Directory of the whole cluster. */
  readonly directory: string;
  /** Journal directory; default: one of its own, written by this process through `journal`. */
  readonly journalDirectory?: string;
  /** Time of the first entry, milliseconds since 1970. */
  readonly from?: number;
}

/** A network of a node's own. */
export interface NodeNetwork {
  /** Of the node, reached from this machine. */
  readonly address: string;
  /** What stands before a command that is to run there. */
  readonly command: readonly string[];
}

/** One node of the dev cluster: a journal, a Mesos agent that shows sandboxes, and a node agent that serves both. */
export class DevNode implements WorkloadNode {
  readonly hostname: string;
  readonly agentId: string;
  readonly journalDirectory: string;
  readonly agent: ServiceProcess;
  readonly mesosAgent: MesosAgent;
  readonly #journal: NodeJournal | undefined;

  constructor(options: DevNodeOptions) {
    const { hostname, agentId, mesosAgent, port, directory, run, from, network } = options;
    const address = network?.address ?? '127.0.0.1';
    this.hostname = hostname;
    this.agentId = agentId;
    this.journalDirectory = options.journalDirectory ?? join(directory, hostname, 'journal');
    if (options.journalDirectory === undefined) {
      mkdirSync(this.journalDirectory, { recursive: true });
      const writer = { directory: this.journalDirectory, hostname };
      this.#journal = new NodeJournal(from === undefined ? writer : { ...writer, from });
    }
    this.mesosAgent = mesosAgent;
    this.agent = new ServiceProcess({
      package: 'node-agent',
      name: `the node agent of ${hostname}`,
      run,
      url: `http://${address}:${port}`,
      through: network?.command ?? [],
      logFile: join(directory, `${hostname}.log`),
      directory,
      arguments: [
        ...['--listen', `${address}:${port}`, '--metrics-listen', 'off'],
        ...['--agent-id', agentId, '--journal', this.journalDirectory],
        ...['--mesos-agent', mesosAgent.url, ...options.arguments],
      ],
    });
  }

  /** Writes to its journal. @throws Error when the journal is somebody else's */
  get journal(): NodeJournal {
    if (this.#journal === undefined) throw new Error(`${this.journalDirectory} is not written by the dev cluster`);
    return this.#journal;
  }

  async stop(): Promise<void> {
    await this.agent.stop();
    await this.mesosAgent.stop();
    this.#journal?.close();
  }
}
