import { membersAmong } from './agent-set.ts';
import type { AbsentMembers } from './cluster-cursor.ts';

/** Finds out who of the agents known now is one of the members that no gateway knew when a cursor was made. */
export class AbsentAmong {
  /** Groups of which some are still not known. */
  readonly left: readonly AbsentMembers[];
  readonly #from = new Map<string, number>();
  readonly #leastLeft: number | undefined;
  #isGuessed = false;

  /** @param agents all that are known */
  constructor(absent: readonly AbsentMembers[], agents: readonly string[]) {
    const left: AbsentMembers[] = [];
    const membersOf = absent.length === 0 ? undefined : membersAmong(agents);
    for (const group of absent) {
      const found = membersOf?.(group.members);
      if (found === undefined) left.push(group);
      // Groups stand newest first: who was in an older one, too, has been read since.
      else for (const id of found) if (!this.#from.has(id)) this.#from.set(id, group.from);
    }
    this.left = left;
    this.#leastLeft = left.length === 0 ? undefined : Math.min(...left.map(({ from }) => from));
  }

  /** An agent was asked for that may be a member or may not. */
  get isGuessed(): boolean {
    return this.#isGuessed;
  }

  /**
   * Where an agent goes on that has joined since the cursor was made, or was one of these members.
   *
   * @returns undefined when it has joined
   */
  fromOf(agentId: string): number | undefined {
    const known = this.#from.get(agentId);
    if (known !== undefined) return known;
    if (this.#leastLeft !== undefined) this.#isGuessed = true;
    return this.#leastLeft;
  }
}
