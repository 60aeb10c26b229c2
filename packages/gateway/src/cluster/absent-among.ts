import { membersAmong } from './agent-set.ts';
import type { AbsentMembers } from './cluster-cursor.ts';
import type { LanePlan } from './resume-plan.ts';

/** Finds out who of the agents known now is one of the members that no gateway knew when a cursor was made. */
export class AbsentAmong {
  /** Groups of which some are still not known. */
  readonly left: readonly AbsentMembers[];
  readonly #groups = new Map<string, AbsentMembers>();
  readonly #oldestLeft: AbsentMembers | undefined;
  #isGuessed = false;

  /** @param agents all that are known */
  constructor(absent: readonly AbsentMembers[], agents: readonly string[]) {
    const left: AbsentMembers[] = [];
    const membersOf = absent.length === 0 ? undefined : membersAmong(agents);
    for (const group of absent) {
      const found = membersOf?.(group.members);
      if (found === undefined) left.push(group);
      // Groups stand newest first: who was in an older one, too, has been read since.
      else for (const id of found) if (!this.#groups.has(id)) this.#groups.set(id, group);
    }
    this.left = left;
    this.#oldestLeft = left.toSorted((one, other) => one.from - other.from)[0];
  }

  /** An agent was asked for that may be a member or may not. */
  get isGuessed(): boolean {
    return this.#isGuessed;
  }

  /**
   * Where an agent goes on that has joined since the cursor was made, or was one of these members.
   *
   * @param isNew it was not there yet
   * @returns undefined when it has joined
   */
  placeOf(agentId: string, isNew: boolean): LanePlan | undefined {
    const known = this.#groups.get(agentId);
    if (known === undefined && isNew) return undefined;
    if (known === undefined && this.#oldestLeft !== undefined) this.#isGuessed = true;
    const group = known ?? this.#oldestLeft;
    return group && { agentId, resume: { from: group.from }, reachedAt: group.reachedAt };
  }
}
