import type { AgentResolution } from './cluster-index.ts';
import type { MesosAgent } from './model.ts';

interface Registration {
  agent: MesosAgent;
  goneSince: number | undefined;
  /** When Mesos last said that it is registered. */
  seenAt: number;
}

/** The agents, by id and by address. The journal of a node outlives the agent ids under which the node registers. */
export class AgentTable {
  readonly #rememberedAgents: number;
  readonly #now: () => number;
  readonly #byId = new Map<string, Registration>();
  /** Id of the agent now registered at `host:port`. */
  readonly #byAddress = new Map<string, string>();
  /** Ids of agents that left, the longest gone first. */
  readonly #gone = new Set<string>();

  constructor(rememberedAgents: number, now: () => number) {
    this.#rememberedAgents = rememberedAgents;
    this.#now = now;
  }

  get size(): number {
    return this.#byId.size - this.#gone.size;
  }

  get gone(): number {
    return this.#gone.size;
  }

  goneIds(): IterableIterator<string> {
    return this.#gone.values();
  }

  *registered(): IterableIterator<MesosAgent> {
    for (const { agent, goneSince } of this.#byId.values()) if (goneSince === undefined) yield agent;
  }

  get(id: string): AgentResolution | undefined {
    const registration = this.#byId.get(id);
    if (registration === undefined) return undefined;
    const { agent, goneSince } = registration;
    if (goneSince === undefined) return { agent };
    const successorId = this.#byAddress.get(address(agent));
    const successor = successorId === undefined ? undefined : this.#byId.get(successorId)?.agent;
    return successor === undefined ? { agent, goneSince } : { agent, goneSince, successor };
  }

  add(agent: MesosAgent): void {
    const known = this.#byId.get(agent.id);
    if (known !== undefined && address(known.agent) !== address(agent)) this.#releaseAddress(known.agent);
    const holder = this.#byAddress.get(address(agent));
    // Two agents cannot listen at one address: the one that was there before has gone, whether Mesos said so or not.
    if (holder !== undefined && holder !== agent.id) this.remove(holder);
    this.#byAddress.set(address(agent), agent.id);
    this.#byId.set(agent.id, { agent, goneSince: undefined, seenAt: this.#now() });
    this.#gone.delete(agent.id);
  }

  remove(id: string): void {
    const registration = this.#byId.get(id);
    if (registration === undefined || registration.goneSince !== undefined) return;
    registration.goneSince = this.#now();
    this.#releaseAddress(registration.agent);
    this.#gone.add(id);
    for (const oldest of this.#gone) {
      if (this.#gone.size <= this.#rememberedAgents) break;
      this.#gone.delete(oldest);
      this.#byId.delete(oldest);
    }
  }

  /**
   * Takes in a master's list of agents.
   * @param expected ids that are not registered but that the master waits for; they have not left
   * @param askedAt when the list was asked for: an agent seen since then is not missed for being absent from it
   */
  replace(agents: readonly MesosAgent[], expected: readonly string[], askedAt: number): void {
    for (const agent of agents) this.add(agent);
    const present = new Set([...agents.map((agent) => agent.id), ...expected]);
    for (const [id, { goneSince, seenAt }] of this.#byId) {
      if (goneSince === undefined && !present.has(id) && seenAt < askedAt) this.remove(id);
    }
  }

  #releaseAddress(agent: MesosAgent): void {
    if (this.#byAddress.get(address(agent)) === agent.id) this.#byAddress.delete(address(agent));
  }
}

function address(agent: MesosAgent): string {
  return `${agent.host} ${agent.port}`;
}
