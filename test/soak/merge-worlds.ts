import { setTimeout as sleep } from 'node:timers/promises';
import { DevCluster } from '../dev-cluster/cluster.ts';
import { choosePorts } from '../dev-cluster/ports.ts';
import { type FollowedEntry, Follower } from '../e2e/follower.ts';
import { Random } from '../fixtures/random.ts';
import { SimulatedAgent } from './simulated-agent.ts';
import type { NodeBehaviour, SimulatedJournal } from './simulated-journal.ts';

/** What may happen in a world. */
export interface MergeWorld extends NodeBehaviour {
  /** Nodes that come while it is followed. */
  readonly joiners: number;
}

const calm: MergeWorld = { skew: 0, steps: false, silence: false, grain: 1, rate: 60, joiners: 0 };

export const mergeWorlds: Readonly<Record<string, MergeWorld>> = {
  'that is healthy': calm,
  'with many equal stamps': { ...calm, grain: 20_000, rate: 150 },
  'with clocks that are off by up to 5 s': { ...calm, skew: 5_000 },
  'with clocks that are stepped forward and back': { ...calm, skew: 200, steps: true },
  'with nodes that fall silent or are cut off, across cuts of the client': { ...calm, silence: true },
  'with nodes that join late': { ...calm, joiners: 2 },
  'where all of it happens at once': {
    skew: 5_000,
    steps: true,
    silence: true,
    grain: 1_000,
    rate: 60,
    joiners: 2,
  },
};

const firstNodes = 5;
const cuts = 8;
/** Of the client's connections, in ms. */
const [shortest, longest] = [20, 400];
const longestPause = 800;
const writingPeriod = 5;

/** What a world's nodes have written and its client has received. */
export interface Followed {
  readonly seed: number;
  /** By agent id, each in its own order. */
  readonly written: ReadonlyMap<string, readonly string[]>;
  readonly received: readonly FollowedEntry[];
}

/**
 * Two gateways before simulated nodes, all over sockets, and clients that are cut off anywhere and come back with their
 * last id to the other gateway. Worlds are told apart by a filter, so that they share nodes and gateways.
 */
export class MergeCluster implements AsyncDisposable {
  readonly #cluster: DevCluster;
  readonly #agentPort: number;
  readonly #gateways: readonly string[];
  readonly #agents: SimulatedAgent[] = [];
  #worlds = 0;

  private constructor(cluster: DevCluster, agentPort: number, gateways: readonly string[]) {
    this.#cluster = cluster;
    this.#agentPort = agentPort;
    this.#gateways = gateways;
  }

  static async start(): Promise<MergeCluster> {
    const [port = 0] = await choosePorts([0]);
    const gatewayArguments = ['--agent-port', String(port), '--merges-per-caller', '100'];
    const cluster = await DevCluster.start({ nodes: 0, gatewayArguments });
    try {
      const second = await cluster.addGateway();
      const merged = new MergeCluster(cluster, port, [cluster.gateway.url, second.url]);
      for (let i = 0; i < firstNodes; i++) await merged.#addAgent();
      await Promise.all(merged.#gateways.map((gateway) => merged.#knowsAll(gateway)));
      return merged;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cluster.stop();
    await Promise.all(this.#agents.map((agent) => agent[Symbol.asyncDispose]()));
  }

  /** Lives through a world, and waits until its client has received as much as was written. */
  async follow(world: MergeWorld, seed: number): Promise<Followed> {
    const name = `world-${this.#worlds++}`;
    const random = new Random(seed);
    const journals = new Map<string, SimulatedJournal>();
    const begin = (agent: SimulatedAgent) => journals.set(agent.id, agent.begin(name, random, world));
    for (const agent of this.#agents.slice(0, firstNodes)) begin(agent);
    const writing = setInterval(() => {
      for (const journal of journals.values()) journal.live(writingPeriod);
    }, writingPeriod);
    const query = `identifier=${name}&since=@${Math.floor(Date.now() / 1_000) - 60}`;
    const received: FollowedEntry[] = [];
    let lastEventId: string | undefined;
    let follower: Follower | undefined;
    const connect = async (number: number): Promise<Follower> => {
      const url = `${this.#gateways[number % this.#gateways.length]}/system/v1/logs/v3/follow?${query}`;
      return await Follower.open({ url, token: this.#cluster.token, lastEventId });
    };
    try {
      for (let cut = 0; cut < cuts; cut++) {
        follower = await connect(cut);
        if (cut % 3 === 1 && cut < 3 * world.joiners) begin(await this.#addAgent());
        await sleep(shortest + random.next() * (longest - shortest));
        follower.close();
        received.push(...follower.entries);
        lastEventId = follower.lastEventId ?? lastEventId;
        if (random.next() < 0.3) await sleep(random.next() * longestPause);
      }
      clearInterval(writing);
      for (const journal of journals.values()) journal.recover();
      const written = new Map([...journals].map(([id, { entries }]) => [id, entries.map(({ message }) => message)]));
      const total = [...written.values()].reduce((sum, messages) => sum + messages.length, 0);
      follower = await connect(cuts);
      await follower.until(({ entries }) => received.length + entries.length >= total);
      return { seed, written, received: [...received, ...follower.entries] };
    } finally {
      clearInterval(writing);
      follower?.close();
      for (const agent of this.#agents) agent.end(name);
    }
  }

  async #addAgent(): Promise<SimulatedAgent> {
    const number = this.#agents.length;
    const host = `127.0.${10 + Math.floor(number / 200)}.${1 + (number % 200)}`;
    // It listens before Mesos tells of it.
    const address = { hostname: `node-${number}`, host, port: 5051 };
    const agent = await SimulatedAgent.start(`${this.#cluster.mesos.id}-S${number}`, host, this.#agentPort);
    const { id } = this.#cluster.mesos.addAgent(address);
    if (id !== agent.id) throw new Error(`expected the agent to become ${agent.id}, found ${id}`);
    this.#agents.push(agent);
    return agent;
  }

  async #knowsAll(gateway: string): Promise<void> {
    for (;;) {
      const { text } = await this.#cluster.get(`${gateway}/system/v1/logs/v3/agents`, { accept: 'application/json' });
      if ((JSON.parse(text) as { agents: unknown[] }).agents.length === this.#agents.length) return;
      await sleep(20);
    }
  }
}

/** What is wrong with what was received, in sentences: nothing when every entry came once, in order. */
export function faultsOf({ written, received }: Followed): string[] {
  const faults: string[] = [];
  for (const [id, messages] of written) {
    const own = received.filter(({ source }) => source?.agent === id).map(({ fields }) => fields.MESSAGE);
    const wrong = messages.findIndex((message, at) => own[at] !== message);
    if (wrong !== -1) faults.push(`of ${id}: expected ${messages[wrong]} at ${wrong}, found ${own[wrong]}`);
    if (own.length > messages.length) faults.push(`of ${id}: ${own.length} came, ${messages.length} were written`);
  }
  const inOrder = received.filter(({ late }) => late !== true);
  for (const [at, entry] of inOrder.entries()) {
    const before = inOrder[at - 1];
    if (before === undefined || !comesAfter(before, entry)) continue;
    faults.push(`${before.fields.MESSAGE} came before ${entry.fields.MESSAGE}, which is older, and is not marked late`);
  }
  return faults;
}

function comesAfter(a: FollowedEntry, b: FollowedEntry): boolean {
  const difference = Number(a.realtime_timestamp) - Number(b.realtime_timestamp);
  return difference === 0 ? (a.source?.agent ?? '') > (b.source?.agent ?? '') : difference > 0;
}
