import { watermarkDelay } from '@clusterlog/shared';

/** A measurement older than this is replaced by any newer one, in ms. */
const goodFor = 10_000;

interface Measurement {
  /** µs. */
  readonly offset: number;
  /** ms since 1970. */
  readonly at: number;
}

/** How far each agent's clock is from this gateway's, as far as merges have shown. */
export class AgentClocks {
  readonly #measured = new Map<string, Measurement>();

  /** Takes in a watermark: the greatest offset of late counts, for a line on its way makes a clock look slow. */
  take(agentId: string, watermark: number): void {
    const at = Date.now();
    const offset = watermark + watermarkDelay - at * 1_000;
    const known = this.#measured.get(agentId);
    if (known !== undefined && at - known.at < goodFor && known.offset >= offset) return;
    this.#measured.set(agentId, { offset, at });
  }

  /** Takes in what the answer of an agent says that no stream can be had of; µs that its clock is ahead. */
  told(agentId: string, offset: number): void {
    this.#measured.set(agentId, { offset, at: Date.now() });
  }

  /** µs that the agent's clock is ahead of the gateway's; undefined when nothing has shown it. */
  offset(agentId: string): number | undefined {
    return this.#measured.get(agentId)?.offset;
  }

  /** Agents whose clocks are off by more than so many ms. */
  beyond(milliseconds: number): number {
    let count = 0;
    for (const { offset } of this.#measured.values()) if (Math.abs(offset) > milliseconds * 1_000) count++;
    return count;
  }
}
