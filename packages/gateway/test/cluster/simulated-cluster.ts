import { type SetBack, SetBackSearch } from '../../../node-agent/src/read/set-back-search.ts';
import { agentHash } from '../../src/cluster/agent-set.ts';
import { decodeCursor } from '../../src/cluster/cursor-decoder.ts';
import { CursorEncoder } from '../../src/cluster/cursor-encoder.ts';
import type { MergeEntry } from '../../src/cluster/lane.ts';
import { Merge } from '../../src/cluster/merge.ts';
import { positionText } from '../../src/cluster/packed-position.ts';
import { type LanePlan, planNewcomer, planResume, type ResumePlan } from '../../src/cluster/resume-plan.ts';
import type { Dice } from './dice.ts';

/** What may happen in a world. Times in ms. */
export interface World {
  readonly agents: number;
  /** Greatest clock offset an agent has from the beginning. */
  readonly skew: number;
  /** Whether clocks are stepped, forward and back. */
  readonly steps: 'none' | 'forward' | 'both';
  /** Whether agents fall silent, or are cut off and come back. */
  readonly silence: boolean;
  /** Whether agents join later. */
  readonly joins: boolean;
  /** Whether a gateway may learn of an agent, one of those that it goes on with, later than the one before. */
  readonly lag?: boolean;
  /** Whether these are always the same two, at once. */
  readonly lagOfTwo?: boolean;
  /** The longest that a client stays away; default 1,500. */
  readonly longestAbsence?: number;
  /** Granularity of stamps, µs: a coarse one makes many equal. */
  readonly grain: number;
  /** Entries a second of each agent, about. */
  readonly rate: number;
}

export interface SimulatedEntry extends MergeEntry {
  readonly position: string;
  readonly agentId: string;
  readonly index: number;
  readonly monotonic: number;
  readonly bootId: string;
}

export interface Delivered {
  readonly entry: SimulatedEntry;
  readonly late: boolean;
  readonly cursor: string;
}

/** What a client is told that it may miss: entries of an agent, of realtimes from `from` on and before `to`. */
export interface ToldGap {
  readonly agentId: string;
  readonly from: number;
  readonly to: number;
}

const base = 1_800_000_000_000_000;
/** A tick of the simulation, ms. */
const tick = 5;
const watermarkPeriod = 50;

interface Line {
  readonly arrives: number;
  readonly entry?: SimulatedEntry;
  readonly watermark?: number;
  readonly position?: string | undefined;
}

/** One node: a clock that is wrong at times, a journal, and an agent that tells of it. */
class SimulatedAgent {
  readonly id: string;
  readonly joinsAt: number;
  readonly journal: SimulatedEntry[] = [];
  readonly written: number[] = [];
  #offset: number;
  /** Its lines do not arrive until then. */
  cutOffUntil = 0;
  readonly #random: Dice;
  readonly #world: World;

  constructor(id: string, joinsAt: number, world: World, random: Dice) {
    this.id = id;
    this.joinsAt = joinsAt;
    this.#world = world;
    this.#random = random;
    this.#offset = random.between(-world.skew, world.skew) + (world.lag ? stampOf(id) : 0);
  }

  clock(now: number): number {
    return base + Math.floor((now + this.#offset) * 1_000);
  }

  live(now: number): void {
    const { steps, silence, rate } = this.#world;
    if (steps !== 'none' && this.#random.chance(0.004)) {
      // More than what clocks of gateways may be apart, and what lines are under way.
      this.#offset += this.#random.between(150, 3_000) * (steps === 'both' && this.#random.chance(0.5) ? -1 : 1);
    }
    if (silence && now >= this.cutOffUntil && this.#random.chance(0.003)) {
      this.cutOffUntil = now + this.#random.between(50, 2_500);
    }
    while (this.#random.chance((rate * tick) / 1_000 / (1 + (rate * tick) / 1_000))) this.write(now);
  }

  write(now: number): void {
    const { grain } = this.#world;
    const index = this.journal.length;
    const realtime = Math.floor(this.clock(now) / grain) * grain;
    const id = agentHash(this.id).toString(16).padStart(32, '0');
    const position = `s=${id};i=${(index + 1).toString(16)};b=${id};m=${now.toString(16)};t=${realtime.toString(16)};x=${(index * 7919).toString(16)}`;
    const monotonic = Math.floor((now * 1_000) / grain) * grain;
    this.journal.push({ agentId: this.id, index, realtime, position, size: 100, monotonic, bootId: id });
  }

  /** Where it begins to send, and what it says is missing. */
  start({ resume, reachedAt }: Pick<LanePlan, 'resume' | 'reachedAt'>, now: number): { index: number; gap?: ToldGap } {
    if ('position' in resume) {
      return { index: Number.parseInt(/;i=([0-9a-f]+);/.exec(positionText(resume.position))?.[1] ?? '0', 16) };
    }
    const { from } = resume;
    if (from === undefined) return { index: 0 };
    const found = this.journal.findIndex(({ realtime }) => realtime >= from);
    const index = found === -1 ? this.journal.length : found;
    if (reachedAt === undefined) return { index };
    const { begin = index, uncertain } = this.#setBack(from, base + now * 1_000 - reachedAt, index, now);
    return {
      index: begin,
      ...(uncertain === undefined ? {} : { gap: { agentId: this.id, from: uncertain, to: from } }),
    };
  }

  #setBack(from: number, age: number, index: number, now: number): SetBack<number> {
    const bootId = agentHash(this.id).toString(16).padStart(32, '0');
    const search = new SetBackSearch<number>({ from, age }, { bootId, monotonic: now * 1_000 }, this.journal[index]);
    let at = index;
    do at--;
    while (at >= 0 && search.take(this.journal[at] as SimulatedEntry, at));
    return search.found(at < 0);
  }
}

/** A gateway's connection to an agent: lines arrive in order, after a while. */
class Connection {
  readonly agent: SimulatedAgent;
  #next: number;
  /** What the agent says first. */
  gap: ToldGap | undefined;
  readonly #random: Dice;
  readonly #lines: Line[] = [];
  #lastArrival = 0;
  #lastLine = Number.NEGATIVE_INFINITY;

  constructor(agent: SimulatedAgent, plan: Pick<LanePlan, 'resume' | 'reachedAt'>, now: number, random: Dice) {
    this.agent = agent;
    const { index, gap } = agent.start(plan, now);
    this.#next = index;
    this.gap = gap;
    this.#random = random;
  }

  /** The agent's side. */
  send(now: number): void {
    const { journal } = this.agent;
    for (let sent = 0; this.#next < journal.length && sent < 20; sent++) {
      this.#put(now, { entry: journal[this.#next++] as SimulatedEntry });
    }
    const drained = this.#next === journal.length;
    if (drained && now - this.#lastLine >= watermarkPeriod) {
      this.#put(now, {
        watermark: this.agent.clock(now) - 20_000,
        position: this.#next === 0 ? undefined : journal[this.#next - 1]?.position,
      });
    }
  }

  /** The gateway's side. */
  *arrived(now: number): Iterable<Line> {
    if (now < this.agent.cutOffUntil) return;
    while ((this.#lines[0]?.arrives ?? Number.POSITIVE_INFINITY) <= now) yield this.#lines.shift() as Line;
  }

  #put(now: number, line: Omit<Line, 'arrives'>): void {
    this.#lastLine = now;
    this.#lastArrival = Math.max(this.#lastArrival, now + this.#random.between(0, 30));
    this.#lines.push({ ...line, arrives: this.#lastArrival });
  }
}

/** A cluster in simulated time, followed by a client whose connection is cut again and again. */
export class SimulatedCluster {
  readonly agents: SimulatedAgent[];
  readonly received: Delivered[] = [];
  readonly gaps: ToldGap[] = [];
  readonly #byAge: readonly SimulatedAgent[];
  now = 0;
  longestCursor = 0;
  readonly #random: Dice;
  #merge: Merge<SimulatedEntry> | undefined;
  #connections: Connection[] = [];
  #cursor: string | undefined;
  #plan: ResumePlan | undefined;
  /** What was sent and may not have arrived. */
  #fresh: (Delivered | ToldGap)[] = [];
  readonly #lag: boolean;
  readonly #encoder = new CursorEncoder({ query: 1, start, since: undefined, until: undefined }, 'asc');
  /** What the gateway does not know yet, and until when. */
  #unheardOf: { readonly agents: readonly SimulatedAgent[]; readonly until: number } | undefined;
  readonly #lagOfTwo: boolean;

  constructor(world: World, random: Dice) {
    this.#random = random;
    this.#lag = world.lag === true;
    this.#lagOfTwo = world.lagOfTwo === true;
    this.agents = Array.from({ length: world.agents }, (_, i) => {
      const joinsAt = world.joins && i > 0 && random.chance(0.5) ? random.between(0, 3_000) : 0;
      return new SimulatedAgent(`agent-S${i}`, joinsAt, world, random);
    });
    this.#byAge = this.agents.toSorted((one, other) => one.joinsAt - other.joinsAt);
  }

  run(milliseconds: number, writing: boolean): void {
    const end = this.now + milliseconds;
    for (; this.now < end; this.now += tick) {
      for (const agent of this.#known()) {
        if (writing) agent.live(this.now);
        else agent.cutOffUntil = Math.min(agent.cutOffUntil, this.now);
      }
      if (this.#merge !== undefined) this.#step(this.#merge);
    }
  }

  /** Connects, or connects again: with the last cursor received, to a gateway that remembers nothing. */
  open(): void {
    const lagging = this.#random.below(this.agents.length);
    this.#unheardOf =
      this.#lag && this.#cursor !== undefined && this.#random.chance(0.6)
        ? {
            agents: this.agents.filter((_, at) => (this.#lagOfTwo ? at < 2 : at === lagging)),
            until: this.now + this.#random.between(0, 600),
          }
        : undefined;
    const ids = this.#heardOf().map(({ id }) => id);
    const cursor = this.#cursor === undefined ? undefined : decodeCursor(this.#cursor);
    const plan = cursor === undefined ? undefined : planResume(cursor, ids, []);
    this.#plan = plan;
    this.#merge = new Merge({
      order: 'asc',
      live: true,
      frontier: plan?.frontier,
      kept: plan?.kept,
      absent: plan?.absent,
    });
    this.#connections = [];
    if (plan === undefined) for (const agentId of ids) this.#join({ agentId, resume: { from: start } });
    else for (const lane of plan.lanes) this.#join(lane);
  }

  /** The client is cut off: of what was delivered last it may have received any part. */
  cut(): void {
    const count = this.#random.between(0, this.#fresh.length);
    this.#fresh.length = count;
    this.finish();
    this.#merge = undefined;
  }

  /** The client has taken all there is. */
  finish(): void {
    for (const item of this.#fresh) {
      if ('entry' in item) {
        this.received.push(item);
        this.#cursor = item.cursor;
      } else {
        this.gaps.push(item);
      }
    }
    this.#fresh = [];
  }

  /** Those that have joined, the newest last. */
  #known(): SimulatedAgent[] {
    return this.#byAge.filter(({ joinsAt }) => joinsAt <= this.now);
  }

  /** Those that the gateway knows of. */
  #heardOf(): SimulatedAgent[] {
    const missed = this.#unheardOf;
    if (missed === undefined || this.now >= missed.until) return this.#known();
    return this.#known().filter((agent) => !missed.agents.includes(agent));
  }

  #join({ agentId, resume, clear, farthest, reachedAt }: LanePlan): void {
    const agent = this.agents.find((other) => other.id === agentId) as SimulatedAgent;
    this.#merge?.join(agentId, resume, this.now, { clear, farthest, reachedAt });
    this.#connections.push(new Connection(agent, { resume, reachedAt }, this.now, this.#random));
  }

  #step(merge: Merge<SimulatedEntry>): void {
    for (const { id } of this.#heardOf()) {
      if (merge.lane(id) !== undefined) continue;
      const present = Array.from(merge.lanes(), ({ agentId }) => agentId);
      this.#join(
        this.#plan === undefined
          ? { agentId: id, resume: { from: start } }
          : planNewcomer(this.#plan, present, id, start),
      );
    }
    for (const [at, connection] of this.#connections.entries()) {
      const { id, cutOffUntil } = connection.agent;
      connection.send(this.now);
      if (connection.gap !== undefined) this.#fresh.push(connection.gap);
      connection.gap = undefined;
      for (const { entry, watermark, position } of connection.arrived(this.now)) {
        if (entry !== undefined) merge.entry(id, entry, this.now);
        if (watermark !== undefined) merge.watermark(id, watermark, position, this.now);
      }
      if (this.now < cutOffUntil && this.#random.chance(0.01)) {
        merge.lost(id);
        this.#connections[at] = new Connection(
          connection.agent,
          { resume: merge.resumeOf(id) },
          this.now,
          this.#random,
        );
      }
    }
    merge.silent(this.now);
    for (;;) {
      const delivery = merge.next(this.now);
      if (delivery === undefined) break;
      const { text, omitted } = merge.cursor(this.#encoder, false, base + this.now * 1_000, this.now);
      if (omitted.length > 0) throw new Error('a small cluster has room for all its agents');
      this.longestCursor = Math.max(this.longestCursor, text.length);
      this.#fresh.push({ entry: delivery.entry, late: delivery.late, cursor: text });
    }
    if (this.#random.chance(0.02)) merge.advance();
  }
}

/** New agents are read from here on; before every stamp, however wrong its clock. */
const start = base - 60_000_000;

/** Keeps the stamps of agents apart: of equal ones an agent that is not known yet cannot tell which came first. In ms. */
function stampOf(id: string): number {
  return Number(id.slice('agent-S'.length)) / 100 + 0.005;
}
