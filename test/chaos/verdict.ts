import { setTimeout as sleep } from 'node:timers/promises';
import type { ChaosCluster } from './chaos-cluster.ts';
import type { ChaosNode } from './chaos-node.ts';
import type { Done, Episode } from './fault-record.ts';
import type { NumberedLines } from './numbered-lines.ts';
import type { Use } from './process-record.ts';
import { differenceOf } from './received.ts';
import type { ResumingFollower } from './resuming-follower.ts';
import type { Serials } from './serials.ts';
import type { Server } from './server.ts';
import type { Workload } from './workload.ts';

/** Silences shorter than this may pass unnoticed: an agent counts as silent after a second, and is looked at now and then. */
const noticedSilence = 3_500;
/** How long after it has begun to be heard again a silence may be told. */
const toldLate = 500;
const period = 50;
/** Answers that a client may get while something is wrong; 408 when a request lay before a frozen gateway for too long. */
const excused: ReadonlySet<number> = new Set([408, 502, 503, 504]);
/** A life so long, in minutes, tells whether memory and descriptors grow: a heap takes its time to find its size. */
const telling = 20;
/** So much growth within an hour counts as none: MiB, and descriptors. */
const mostGrowth = { memory: 120, descriptors: 60 };
/** A unit of systemd ends an agent that uses more, MiB. */
const mostMemory = 512;
/** Of journal files that an agent has open. */
const mostJournals = 256;
const mostExamples = 5;
/** What an agent logs where it cannot tell the client. */
const goneInLog = /the entry of the cursor is gone|entries are missing from the answer/;

export interface VerdictOptions {
  /** So soon after the last fault all has to be well again, in seconds. */
  readonly wellWithin: number;
  /** Told when it is not. */
  readonly say: (line: string) => void;
}

/** Finds out whether all is as it should be, while faults are done and at the end. */
export class Verdict {
  /** What is wrong, in sentences. */
  readonly faults: string[] = [];
  silencesNamed = 0;
  /** Lines that were deleted before a follower could have them, of which it was told. */
  lossesNamed = 0;
  readonly #cluster: ChaosCluster;
  readonly #workload: Workload;
  readonly #followers: readonly ResumingFollower[];
  readonly #wellWithin: number;
  readonly #say: (line: string) => void;

  constructor(
    cluster: ChaosCluster,
    workload: Workload,
    followers: readonly ResumingFollower[],
    options: VerdictOptions,
  ) {
    this.#wellWithin = options.wellWithin * 1_000;
    this.#say = options.say;
    this.#cluster = cluster;
    this.#workload = workload;
    this.#followers = followers;
  }

  lookForCrashes(): void {
    for (const server of this.#cluster.servers) {
      if (!server.crashed) continue;
      server.down = true;
      this.faults.push(
        `${server.name} ended by itself: ${server.service.log().trimEnd().split('\n').slice(-3).join(' | ')}`,
      );
    }
  }

  /**
   * Waits until every server is ready and every follower has received what was written until now.
   *
   * @param more how much longer is waited than is allowed, in ms, to tell what is slow from what never comes
   * @returns when that was, in ms since 1970; undefined when it never was
   */
  async well(more: number): Promise<number | undefined> {
    const patience = this.#wellWithin + more;
    const begin = Date.now();
    const wanted = this.#workload.lines.map((lines) => ({ lines, last: lines.next - 1 }));
    const archives = this.#cluster.nodes.map(({ log }) => log.archives());
    let missing: string[] = [];
    let late: string[] = [];
    while (Date.now() - begin < patience) {
      missing = [...this.#behind(wanted), ...(await this.#unwell())];
      if (missing.length === 0) break;
      if (Date.now() - begin > this.#wellWithin && late.length === 0) {
        late = missing;
        this.#say(`not well yet: ${some(late)}`);
      }
      await sleep(period);
    }
    const took = Date.now() - begin;
    if (missing.length > 0) {
      this.faults.push(`${took / 1_000} s after the last fault still not well: ${some(missing)}`);
      return undefined;
    }
    for (const [i, node] of this.#cluster.nodes.entries()) node.delivered = archives[i] ?? [];
    if (late.length > 0) {
      this.faults.push(`it took ${took / 1_000} s after the last fault until all was well; before: ${some(late)}`);
    }
    return begin + took;
  }

  /** Waits until nothing more comes, at most a minute. */
  async settle(): Promise<void> {
    const deadline = Date.now() + 60_000;
    const lastOf = () => this.#followers.reduce((sum, { entries }) => sum + entries, 0);
    for (let quiet = 0, before = lastOf(); quiet < 3_000 && Date.now() < deadline; quiet += 500) {
      await sleep(500);
      const now = lastOf();
      if (now !== before) quiet = 0;
      before = now;
    }
  }

  /** What /health/ready of the gateways that answer must show just now. */
  async expectShown(kind: string, check: string, gateways: readonly Server[]): Promise<string> {
    const answers = await Promise.all(gateways.map((gateway) => gateway.health()));
    for (const [i, { status, found }] of answers.entries()) {
      if (status === 'no answer' || found.includes(check)) continue;
      this.faults.push(`${kind}: ${gateways[i]?.name} said ${status}, and nothing of ${check}`);
    }
    return answers.map(({ status, found }) => [status, ...found].join(' ')).join(', ');
  }

  /** Compares what every follower has received with what the journals have. */
  async compare(): Promise<{ readonly stored: number; readonly unstored: number }> {
    let stored = 0;
    let written = 0;
    const journals = new Map<string, ReadonlyMap<string, Serials>>();
    for (const { name, log } of this.#cluster.nodes) {
      journals.set(name, await log.stored(this.#workload.lines.filter(({ node }) => node === name)));
    }
    for (const lines of this.#workload.lines) {
      const serials = journals.get(lines.node)?.get(lines.name);
      written += lines.next;
      stored += serials?.size ?? 0;
      if (serials === undefined) {
        if (lines.next > 0) this.faults.push(`no journal has a line of ${lines.name}`);
        continue;
      }
      this.#compareLines(lines, serials);
    }
    const known = new Set(this.#workload.lines.map(({ name }) => name));
    for (const { kind, received } of this.#followers) {
      for (const name of received.keys()) {
        if (!known.has(name)) this.faults.push(`${kind.name} received what nobody wrote: ${name}`);
      }
    }
    return { stored, unstored: written - stored };
  }

  #compareLines(lines: NumberedLines, stored: Serials): void {
    const node = this.#cluster.nodes.find(({ name }) => name === lines.node);
    for (const [n, { kind, received }] of this.#followers.entries()) {
      const who = `follower ${n} (${kind.name})`;
      const own = received.get(lines.name);
      if (!kind.has(lines)) {
        if (own !== undefined) this.faults.push(`${who} received lines of ${lines.name}, which is not in its scope`);
        continue;
      }
      const { lost, doubled, misplaced, foreign } = differenceOf(lines, stored, own);
      const unnamed = lost.filter((serial) => node?.vacuumedUnread.get(lines.name)?.has(serial) !== true);
      this.lossesNamed += lost.length - unnamed.length;
      if (unnamed.length > 0)
        this.faults.push(
          `${who} lost ${unnamed.length} lines of ${lines.name}: ${ranges(unnamed)}; it was told of ${this.#reasonsTold(n, node)}`,
        );
      if (unnamed.length < lost.length && !this.#wasTold(n, node)) {
        this.faults.push(`${who} was not told that lines of ${lines.name} had been deleted`);
      }
      if (doubled > 0) this.faults.push(`${who} received ${doubled} lines of ${lines.name} again`);
      if (misplaced > 0) this.faults.push(`${who} received ${misplaced} lines of ${lines.name} behind later ones`);
      if (foreign > 0) this.faults.push(`${who} received ${foreign} lines of ${lines.name} that its journal has not`);
    }
  }

  /** Reasons of gaps at a node, or at nobody knows which. */
  #reasonsTold(n: number, node: ChaosNode | undefined): string {
    const told = this.#followers[n]?.told ?? [];
    const own = told.filter(({ event, agent }) => event === 'gap' && (agent === undefined || agent === node?.agentId));
    return [...new Set(own.map(({ reason }) => reason))].join(', ') || 'nothing';
  }

  /** API v3 says it in an event; where there are none, the agent says it in its log. */
  #wasTold(n: number, node: ChaosNode | undefined): boolean {
    const follower = this.#followers[n];
    if (follower?.kind.tells !== true) return goneInLog.test(node?.agent.service.log() ?? '');
    return follower.told.some(({ agent, reason }) => agent === node?.agentId && reason === 'vacuumed');
  }

  /** What was answered, told and used. */
  judge(episodes: readonly Episode[], uses: readonly Use[]): void {
    for (const [n, { kind, refusals, unreadable }] of this.#followers.entries()) {
      for (const { status, at, gateway, text } of refusals) {
        const inTrouble = episodes.some(({ from, wellAt }) => at >= from && at <= (wellAt ?? Number.POSITIVE_INFINITY));
        if (inTrouble && excused.has(status)) continue;
        const when = inTrouble ? 'while something was wrong' : 'while all was well';
        this.faults.push(`follower ${n} (${kind.name}) was answered ${status} by ${gateway} ${when}: ${text}`);
      }
      for (const piece of unreadable) this.faults.push(`follower ${n} (${kind.name}) could not read: ${piece}`);
    }
    for (const episode of episodes) for (const fault of episode.faults) this.#judgeSilence(fault, episode);
    for (const use of uses) this.#judgeUse(use);
    for (const server of this.#cluster.servers) this.#judgeLog(server);
  }

  /** Whoever was connected all the time through a gateway that worked must have been told of a silence, and of its end. */
  #judgeSilence({ kind, victim, silences, from, to }: Done, { faults, wellAt }: Episode): void {
    if (silences === undefined || to - from < noticedSilence) return;
    const node = this.#cluster.nodes.find(({ agentId }) => agentId === silences)?.name;
    for (const [n, follower] of this.#followers.entries()) {
      const { tells, has } = follower.kind;
      const concerned = this.#workload.staying.some((one) => has(one) && one.node === node);
      const number = follower.gatewayThroughout(from, to + toldLate);
      if (!tells || !concerned || number === undefined) continue;
      const gateway = this.#cluster.gateways[number]?.name;
      if (faults.some((other) => other.gateway === gateway || other.victim === 'clients')) continue;
      const own = follower.told.filter(({ agent }) => agent === silences);
      const during = own.find(({ event, at }) => event === 'gap' && at >= from && at <= to + toldLate);
      if (during === undefined) {
        this.faults.push(`follower ${n} (${follower.kind.name}) was not told of ${kind}: ${victim}`);
        continue;
      }
      const returned = own.some(({ state, at }) => state === 'returned' && at >= during.at);
      // Whoever was cut off before all was well again learns from another answer that begins with what is missed then.
      const stayed = wellAt !== undefined && follower.gatewayThroughout(from, wellAt + toldLate) !== undefined;
      if (!returned && stayed) {
        this.faults.push(`follower ${n} (${follower.kind.name}) was not told that ${victim} was back after: ${kind}`);
      }
      this.silencesNamed++;
    }
  }

  #judgeUse({ server, minutes, memory, descriptors, journals }: Use): void {
    if (memory.most > mostMemory) this.faults.push(`${server} used ${memory.most.toFixed(0)} MiB`);
    if (journals.most > mostJournals) this.faults.push(`${server} had ${journals.most} journal files open`);
    if (minutes < telling) return;
    if (memory.slope > mostGrowth.memory) this.faults.push(`${server} grew by ${memory.slope.toFixed(0)} MiB an hour`);
    if (descriptors.slope > mostGrowth.descriptors) {
      this.faults.push(`${server} opened ${descriptors.slope.toFixed(0)} descriptors an hour more than it closed`);
    }
  }

  #judgeLog({ name, service }: Server): void {
    const bad = service
      .log()
      .split('\n')
      .filter((line) => /"level":"fatal"|"code":"internal"|Node.js warns|unhandled|uncaught|^\s+at /i.test(line));
    if (bad.length > 0) this.faults.push(`${name} logged ${bad.length} lines like: ${bad[0]?.slice(0, 500)}`);
  }

  #behind(wanted: readonly { readonly lines: NumberedLines; readonly last: number }[]): string[] {
    const behind: string[] = [];
    for (const [n, { kind, received, at, connectedSince }] of this.#followers.entries()) {
      for (const { lines, last } of wanted) {
        if (last < 0 || !kind.has(lines)) continue;
        const has = received.get(lines.name)?.last ?? -1;
        if (has >= last) continue;
        const state = connectedSince === undefined ? 'not connected' : 'connected';
        behind.push(`follower ${n} (${kind.name}, ${state}, gateway ${at}) has ${lines.name} until ${has} of ${last}`);
      }
    }
    return behind;
  }

  async #unwell(): Promise<string[]> {
    const answers = await Promise.all(this.#cluster.servers.map((server) => server.health()));
    return answers.flatMap(({ status, found }, i) =>
      status === 'ready' ? [] : [`${this.#cluster.servers[i]?.name} is ${status} ${found.join(', ')}`],
    );
  }
}

function some(list: readonly string[]): string {
  const more = list.length - mostExamples;
  return list.slice(0, mostExamples).join('; ') + (more > 0 ? `; and ${more} more` : '');
}

/** As in `3-7, 9`. */
function ranges(numbers: readonly number[]): string {
  const found: { from: number; to: number }[] = [];
  for (const number of numbers) {
    const last = found.at(-1);
    if (last !== undefined && last.to === number - 1) last.to = number;
    else found.push({ from: number, to: number });
  }
  return some(found.map(({ from, to }) => (from === to ? String(from) : `${from}-${to}`)));
}
