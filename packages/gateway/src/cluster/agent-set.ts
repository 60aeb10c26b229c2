import { createHash } from 'node:crypto';

/** What a cursor remembers of the agents of its stream: who has joined or left since is found by {@link joinedSince}. */
export interface AgentSet {
  readonly count: number;
  /** Sum of the agents' {@link agentHash}, modulo 2^48. */
  readonly sum: number;
}

const modulus = 2 ** 48;

const hashes = new Map<string, number>();
/** Far more agents than a cluster has; forgotten all at once beyond it. */
const rememberedHashes = 100_000;

/** An agent id in 48 bits: its name within cursors. */
export function agentHash(id: string): number {
  const known = hashes.get(id);
  if (known !== undefined) return known;
  const hash = createHash('sha256').update(id).digest().readUIntBE(0, 6);
  if (hashes.size >= rememberedHashes) hashes.clear();
  hashes.set(id, hash);
  return hash;
}

export function agentSetOf(ids: Iterable<string>): AgentSet {
  const hashes: number[] = [];
  for (const id of ids) hashes.push(agentHash(id));
  return agentSetOfHashes(hashes);
}

export function agentSetOfHashes(hashes: readonly number[]): AgentSet {
  let sum = 0;
  for (const hash of hashes) sum = (sum + hash) % modulus;
  return { count: hashes.length, sum };
}

/** The rest of a set of which `hashes` are members. */
export function withoutMembers(set: AgentSet, hashes: readonly number[]): AgentSet {
  const { count, sum } = agentSetOfHashes(hashes);
  return { count: set.count - count, sum: modulo(set.sum - sum) };
}

/** Members tried as pairs; more make too many. */
const mostForPairs = 400;
/** Members of which every combination is tried. */
const mostForAll = 12;

/**
 * The members of `now` that were not in `then`. A sum of hashes tells it as long as few have changed: up to two that joined
 * and two that left, in any combination; any number of those that stand last in `now` besides one that left; anything in a
 * small cluster.
 *
 * @param now the members, the newest last
 * @param gone agents that may have left since
 * @returns undefined when too much has changed to tell
 */
export function joinedSince(then: AgentSet, now: readonly string[], gone: readonly string[]): Set<string> | undefined {
  const current = agentSetOf(now);
  const grown = current.count - then.count;
  const difference = modulo(current.sum - then.sum);
  if (grown === 0 && difference === 0) return new Set();
  return newestJoined(grown, difference, now, gone) ?? fewJoined(grown, difference, now, gone);
}

function newestJoined(
  grown: number,
  difference: number,
  now: readonly string[],
  gone: readonly string[],
): Set<string> | undefined {
  const left = new Set(gone.map(agentHash));
  let sum = 0;
  for (let joined = 1; joined <= now.length; joined++) {
    sum = modulo(sum + agentHash(now[now.length - joined] as string));
    if (joined === grown && sum === difference) return new Set(now.slice(-joined));
    if (joined === grown + 1 && left.has(modulo(sum - difference))) return new Set(now.slice(-joined));
  }
  return undefined;
}

/** Up to two joined and two left: a pair of sums that differ by what is sought. */
function fewJoined(
  grown: number,
  difference: number,
  now: readonly string[],
  gone: readonly string[],
): Set<string> | undefined {
  const left = combinations(gone);
  const fits = (sum: number, count: number): boolean => left.get(modulo(sum - difference))?.length === count - grown;
  if (now.length <= mostForAll) {
    for (const [sum, joined] of combinations(now)) if (fits(sum, joined.length)) return new Set(joined);
    return undefined;
  }
  if (fits(0, 0)) return new Set();
  const all = now.map(agentHash);
  for (const [at, hash] of all.entries()) if (fits(hash, 1)) return new Set([now[at] as string]);
  if (now.length > mostForPairs) return undefined;
  // Nothing is kept of the pairs: anyone can send a cursor for which all of them are tried.
  for (let one = 0; one < all.length; one++) {
    for (let other = one + 1; other < all.length; other++) {
      if (fits((all[one] as number) + (all[other] as number), 2)) {
        return new Set([now[one] as string, now[other] as string]);
      }
    }
  }
  return undefined;
}

/** Finds which of some agents a set consists of; undefined when too many are in question, or others are in it. */
export function membersAmong(ids: readonly string[]): (set: AgentSet) => readonly string[] | undefined {
  if (ids.length <= mostForAll) {
    const all = combinations(ids);
    return ({ count, sum }) => {
      const found = all.get(sum);
      return found?.length === count ? found : undefined;
    };
  }
  const byHash = new Map(ids.map((id) => [agentHash(id), id]));
  return ({ count, sum }) => {
    if (count === 0) return sum === 0 ? [] : undefined;
    if (count === 1) return alone(byHash.get(sum));
    return count === 2 ? pairOf(byHash, sum) : undefined;
  };
}

function alone(id: string | undefined): readonly string[] | undefined {
  return id === undefined ? undefined : [id];
}

function pairOf(byHash: ReadonlyMap<number, string>, sum: number): readonly string[] | undefined {
  for (const [hash, one] of byHash) {
    const other = byHash.get(modulo(sum - hash));
    if (other !== undefined && other !== one) return [one, other];
  }
  return undefined;
}

/** None, one or two of the agents, or any of a few, by the sum of their hashes. */
function combinations(ids: readonly string[]): Map<number, readonly string[]> {
  const found = new Map<number, readonly string[]>([[0, []]]);
  if (ids.length <= mostForAll) {
    for (const id of ids) {
      for (const [sum, others] of [...found]) found.set(modulo(sum + agentHash(id)), [...others, id]);
    }
    return found;
  }
  for (const id of ids) found.set(agentHash(id), [id]);
  if (ids.length > mostForPairs) return found;
  for (const [at, one] of ids.entries()) {
    for (const other of ids.slice(at + 1)) found.set(modulo(agentHash(one) + agentHash(other)), [one, other]);
  }
  return found;
}

function modulo(value: number): number {
  return ((value % modulus) + modulus) % modulus;
}
