import { setTimeout as sleep } from 'node:timers/promises';
import type { Run } from '../dev-cluster/service-process.ts';
import { Random } from '../fixtures/random.ts';
import { ChaosCluster } from './chaos-cluster.ts';
import { cpuPressure } from './cpu-pressure.ts';
import type { Fault, FaultKind, World } from './fault.ts';
import type { Done, Episode } from './fault-record.ts';
import { followKinds } from './follow-kinds.ts';
import { clientFaults, journalFaults, masterFaults, taskFaults } from './other-faults.ts';
import { ProcessRecord, type Use } from './process-record.ts';
import { ResumingFollower, type Temper } from './resuming-follower.ts';
import { agentFaults, gatewayFaults } from './server-faults.ts';
import { Verdict } from './verdict.ts';
import { Workload } from './workload.ts';

export interface ChaosOptions {
  readonly seed: number;
  /** How long faults are done, in seconds. */
  readonly seconds: number;
  /** Lines a second, of all nodes together. */
  readonly rate: number;
  readonly followers: number;
  readonly run: Run;
  /** Told of each episode. */
  readonly say: (line: string) => void;
  /** So soon after the last fault all has to be well again, in seconds. */
  readonly wellWithin: number;
  /** Names of faults to do; default: all. */
  readonly only?: readonly string[];
}

/** What came of it. */
export interface ChaosReport {
  readonly episodes: readonly Episode[];
  readonly followers: readonly ResumingFollower[];
  /** Lines in the journals. */
  readonly stored: number;
  /** Lines that journald was given, or could not be given, and did not store. */
  readonly unstored: number;
  readonly uses: readonly Use[];
  /** Share of the time in which somebody waited for a processor. */
  readonly pressure: number | undefined;
  /** Agents' silences that followers were told of. */
  readonly silencesNamed: number;
  /** Lines deleted before somebody had them, and named to him. */
  readonly lossesNamed: number;
  /** What is wrong, in sentences; empty when nothing is. */
  readonly faults: readonly string[];
}

export const faultKinds: Readonly<Record<string, FaultKind>> = {
  ...agentFaults,
  ...gatewayFaults,
  ...masterFaults,
  ...journalFaults,
  ...clientFaults,
  ...taskFaults,
};

/** How much longer a recovery is waited for that is too slow, to tell it from one that never comes. */
const patienceBeyond = 105_000;
const mostAtOnce = 3;
/** However slow the machine is. */
const leastEpisodes = 3;
/** Share of the time after which the memory of one gateway and half of the agents is watched undisturbed by restarts. */
const sparedAfter = 0.35;
const hour = 3_600;

const tempers: readonly Temper[] = [
  { patience: 20_000, rest: 0 },
  { patience: 4_000, rest: 0 },
  { patience: 20_000, rest: 0 },
  { patience: 20_000, rest: 250 },
];

/** One run: a cluster, a workload, followers, and random faults by a seed. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const random = new Random(options.seed);
  await using cluster = await ChaosCluster.start(options.run, random);
  const workload = new Workload(cluster, random, options.rate);
  const kinds = followKinds(options.followers, {
    nodes: cluster.nodes,
    tasks: workload.lasting,
    services: workload.services,
    since: Math.floor(Date.now() / 1_000) - hour,
  });
  const { gateways, token } = cluster;
  const followers = kinds.map((kind, n) => {
    const temper = random.pick(tempers);
    return new ResumingFollower(kind, temper, { gateways, token, random: new Random(options.seed + n) });
  });
  const pressure = cpuPressure();
  const samplePeriod = Math.min(10_000, options.seconds * 20);
  const record = new ProcessRecord(cluster.servers, samplePeriod);
  const verdict = new Verdict(cluster, workload, followers, options);
  const watch = setInterval(() => verdict.lookForCrashes(), 500);
  try {
    workload.start();
    for (const follower of followers) follower.start();
    await verdict.well(patienceBeyond);
    const episodes = await doFaults(options, { cluster, workload, followers, random }, verdict);
    const waited = pressure();
    workload.stop();
    await verdict.settle();
    record.stop();
    const uses = record.uses();
    const { stored, unstored } = await verdict.compare();
    verdict.judge(episodes, uses);
    const { faults, silencesNamed, lossesNamed } = verdict;
    return { episodes, followers, stored, unstored, uses, pressure: waited, silencesNamed, lossesNamed, faults };
  } finally {
    clearInterval(watch);
    record.stop();
    workload.stop();
    await Promise.all(followers.map((follower) => follower.close()));
  }
}

async function doFaults(options: ChaosOptions, parts: Omit<World, 'spared'>, verdict: Verdict): Promise<Episode[]> {
  const { seconds, say, only } = options;
  const { cluster, random } = parts;
  const names = Object.keys(faultKinds).filter((name) => only === undefined || only.includes(name));
  const spared = new Set<string>();
  const begin = performance.now();
  const episodes: Episode[] = [];
  // Every kind has its turn, in a new order each time.
  let turns: string[] = [];
  while (performance.now() - begin < seconds * 1_000 || episodes.length < leastEpisodes) {
    if (performance.now() - begin > seconds * 1_000 * sparedAfter) {
      for (const { name } of [...cluster.gateways.slice(1), ...cluster.nodes.slice(1, 3).map(({ agent }) => agent)]) {
        spared.add(name);
      }
    }
    const chosen: { readonly kind: string; readonly fault: Fault }[] = [];
    for (let count = 1 + random.below(mostAtOnce); count > 0; count--) {
      if (turns.length === 0) turns = shuffled(names, random);
      const kind = turns.pop() ?? '';
      const fault = faultKinds[kind]?.({ ...parts, spared });
      if (fault === undefined || chosen.some((one) => one.fault.victim === fault.victim)) continue;
      chosen.push({ kind, fault });
    }
    if (chosen.length === 0) continue;
    const episode = await live(chosen, parts, verdict);
    episodes.push(episode);
    const recovery = episode.wellAt === undefined ? 'NOT well' : `well after ${seconds2(episode.wellAt - episode.to)}`;
    const what = episode.faults.map(({ kind, victim, from, to }) => `${kind} (${victim}, ${seconds2(to - from)})`);
    say(`${seconds2(performance.now() - begin)}: ${what.join(' + ')}: ${recovery}`);
    if (episode.wellAt === undefined) break;
    await sleep(random.below(1_000));
  }
  return episodes;
}

/** Lives through some faults at once, and waits until all is well. */
async function live(
  chosen: readonly { readonly kind: string; readonly fault: Fault }[],
  { cluster, random }: Omit<World, 'spared'>,
  verdict: Verdict,
): Promise<Episode> {
  const from = Date.now();
  const faults = await Promise.all(
    chosen.map(async ({ kind, fault }): Promise<Done> => {
      const { victim, lasts, silences, gateway, shows } = fault;
      await sleep(random.below(1_000));
      const done: Done = { kind, victim, from: Date.now(), to: 0, silences, gateway, health: undefined };
      try {
        await fault.begin();
        await sleep(lasts);
        if (shows !== undefined) done.health = await verdict.expectShown(kind, shows, cluster.gateways);
        await fault.end?.();
      } catch (error) {
        verdict.faults.push(`${kind} (${victim}): ${(error as Error).message}`);
      }
      done.to = Date.now();
      return done;
    }),
  );
  const episode: Episode = { faults, from, to: Date.now(), wellAt: undefined };
  episode.wellAt = await verdict.well(patienceBeyond);
  return episode;
}

function shuffled<T>(list: readonly T[], random: Random): T[] {
  const rest = [...list];
  const order: T[] = [];
  while (rest.length > 0) order.push(...rest.splice(random.below(rest.length), 1));
  return order;
}

function seconds2(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(1)} s`;
}
