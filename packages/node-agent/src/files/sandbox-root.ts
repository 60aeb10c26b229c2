import { join } from 'node:path/posix';
import { CodedError } from '@clusterlog/shared';
import type { Authorization } from '@clusterlog/shared/server';
import type { Dispatcher } from 'undici';
import { askMesosAgent, type MesosAgentState } from './mesos-agent-state.ts';

/** Where DC/OS' Mesos agents keep sandboxes. */
const usualWorkDirectory = '/var/lib/mesos/slave';

/** How long an answer is believed, in milliseconds: an agent that registers anew gets another id, and another directory. */
const staleAfter = 60_000;
/** How long at least, whatever is not found: a file that is not there is asked for again and again. */
const freshFor = 15_000;

export interface SandboxRootOptions {
  /** Its URL without a path. */
  readonly mesosAgent: string;
  /** The agent id, where configuration says it. Default: asked from the Mesos agent. */
  readonly agentId?: string | undefined;
  /** Its work directory, where configuration says it. Default: asked; where it is not told, DC/OS'. */
  readonly workDirectory?: string | undefined;
  readonly dispatcher: Dispatcher;
}

/** The directory of all sandboxes of this node's agent id, as the Mesos agent names it. */
export class SandboxRoot {
  readonly #options: SandboxRootOptions;
  #directory: string | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(options: SandboxRootOptions) {
    this.#options = options;
  }

  /**
   * @param doubted true when something was not found there, so that an older answer is not believed
   * @throws CodedError `sandbox-unreachable` when the Mesos agent does not tell
   */
  async directory(credential: Authorization | undefined, doubted = false): Promise<string> {
    const { agentId, workDirectory, mesosAgent, dispatcher } = this.#options;
    if (agentId !== undefined && workDirectory !== undefined) return rootOf(workDirectory, agentId);
    const age = performance.now() - this.#askedAt;
    if (this.#directory !== undefined && age < (doubted ? freshFor : staleAfter)) return this.#directory;
    let state: MesosAgentState;
    try {
      state = await askMesosAgent(mesosAgent, { credential, dispatcher });
    } catch (error) {
      throw new CodedError('sandbox-unreachable', {}, { cause: error });
    }
    this.#askedAt = performance.now();
    this.#directory = rootOf(workDirectory ?? state.workDirectory ?? usualWorkDirectory, agentId ?? state.id);
    return this.#directory;
  }
}

/** Mesos' `src/slave/paths.hpp`. */
function rootOf(workDirectory: string, agentId: string): string {
  return join(workDirectory, 'slaves', agentId);
}
