import type { Random } from '../fixtures/random.ts';
import type { ChaosCluster } from './chaos-cluster.ts';
import type { ResumingFollower } from './resuming-follower.ts';
import type { Workload } from './workload.ts';

/** What faults are done to. */
export interface World {
  readonly cluster: ChaosCluster;
  readonly workload: Workload;
  readonly followers: readonly ResumingFollower[];
  readonly random: Random;
  /** Servers that are not ended any more, so that their memory can be watched for long. */
  readonly spared: ReadonlySet<string>;
}

/** Something that goes wrong for a while. */
export interface Fault {
  /** What is hurt; two faults of one episode never hurt the same. */
  readonly victim: string;
  /** How long it lasts, in ms; 0 for what is done and over. */
  readonly lasts: number;
  begin(): unknown;
  end?(): unknown;
  /** The agent of which nothing is heard meanwhile. */
  readonly silences?: string;
  /** Part of /health/ready of gateways that must say so meanwhile. */
  readonly shows?: string;
  /** The gateway that cannot serve meanwhile. */
  readonly gateway?: string;
}

/** Makes faults of one kind; undefined when none is possible now. */
export type FaultKind = (world: World) => Fault | undefined;

/** A random time, in ms. */
export function between(random: Random, least: number, most: number): number {
  return least + random.below(most - least);
}
