import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DevNode, type NodeNetwork } from '../dev-cluster/dev-node.ts';
import type { MesosAgent } from '../dev-cluster/mesos-agent.ts';
import type { Run } from '../dev-cluster/service-process.ts';
import { NetworkNamespace } from '../fixtures/network-namespace.ts';
import { JournaldLog } from './journald-log.ts';
import type { NodeLog } from './node-log.ts';
import { endsWithParent } from './observer.ts';
import { Server } from './server.ts';
import { SmallDisk } from './small-disk.ts';
import { SteppedClock } from './stepped-clock.ts';
import { readStored, type StoredLines } from './stored-lines.ts';
import { WrittenLog } from './written-log.ts';

/** What a node is made of. */
export interface NodeKind {
  /** A real systemd-journald; else this process writes the journal. */
  readonly journald: boolean;
  /** In a network namespace, whose cable can be cut. */
  readonly network: boolean;
  /** Its journal lies on a file system of its own, which can be filled. */
  readonly disk: boolean;
}

export interface ChaosNodeOptions {
  readonly name: string;
  readonly number: number;
  readonly kind: NodeKind;
  readonly agentId: string;
  readonly mesosAgent: MesosAgent;
  readonly port: number;
  /** `--gateway-keys`, for nodes that reach the gateways and for those that do not. */
  readonly keys: { readonly urls: readonly string[]; readonly file: string };
  readonly run: Run;
  readonly directory: string;
}

/** Of the journal's disk, in MiB. */
const diskSize = 512;

/** One node: its journal and who writes it, its agent, its clock, its disk and its network. */
export class ChaosNode {
  readonly name: string;
  readonly agentId: string;
  readonly agent: Server;
  readonly log: NodeLog;
  /** The real journald, where it has one. */
  readonly journald: JournaldLog | undefined;
  readonly network: NetworkNamespace | undefined;
  readonly disk: SmallDisk | undefined;
  /** Of its agent and its journal alike, as on one machine. */
  readonly clock: SteppedClock;
  /** Archived files of which every line had been received when all was last well. */
  delivered: readonly string[] = [];
  /** Lines that were deleted before everyone had received them. */
  readonly vacuumedUnread: StoredLines = new Map();
  readonly #node: DevNode;

  constructor({ name, number, kind, agentId, mesosAgent, port, keys, run, directory }: ChaosNodeOptions) {
    this.name = name;
    this.agentId = agentId;
    const own = join(directory, name);
    mkdirSync(own, { recursive: true });
    this.clock = new SteppedClock(join(own, 'clock'));
    this.network = kind.network ? new NetworkNamespace() : undefined;
    this.disk = kind.disk ? new SmallDisk(join(own, 'disk'), diskSize) : undefined;
    const diskDirectory = this.disk === undefined ? undefined : join(this.disk.directory, 'journal');
    this.journald = kind.journald ? new JournaldLog(100 + number, this.clock, diskDirectory) : undefined;
    const journalDirectory =
      this.journald === undefined ? undefined : (diskDirectory ?? this.journald.journald.directory);
    const network: NodeNetwork = {
      address: this.network?.address ?? '127.0.0.1',
      command: [...endsWithParent(), ...(this.network?.command ?? []), ...this.clock.command],
    };
    const gatewayKeys = this.network === undefined ? keys.urls : [keys.file];
    this.#node = new DevNode({
      hostname: name,
      agentId,
      mesosAgent,
      port,
      network,
      arguments: gatewayKeys.flatMap((source) => ['--gateway-keys', source]),
      run,
      directory,
      ...(journalDirectory === undefined ? {} : { journalDirectory }),
    });
    this.log = this.journald ?? new WrittenLog(this.#node.journal);
    this.agent = new Server(`agent of ${name}`, this.#node.agent, this.clock);
  }

  stepClock(seconds: number): void {
    this.clock.set(this.clock.offset + seconds);
    this.log.stepClock(seconds);
  }

  /** Deletes everything but the file being written. */
  async vacuumUnread(): Promise<void> {
    await this.log.rotate();
    const archives = this.log.archives();
    for (const archive of archives) {
      if (!this.delivered.includes(archive)) await readStored(archive, this.vacuumedUnread);
    }
    await this.log.vacuum(archives);
  }

  async stop(): Promise<void> {
    this.agent.thaw();
    this.agent.down = true;
    await this.#node.stop();
    this.disk?.empty();
    await this.log.stop();
    this.disk?.[Symbol.dispose]();
    this.network?.[Symbol.dispose]();
  }
}
