import { DevCluster, type DevClusterOptions } from '../dev-cluster/cluster.ts';
import { type Journald, startJournald } from '../fixtures/journald.ts';

/** A cluster whose nodes each have a real systemd-journald of their own. */
export class JournaldCluster implements AsyncDisposable {
  readonly cluster: DevCluster;
  readonly journalds: readonly Journald[];

  private constructor(cluster: DevCluster, journalds: readonly Journald[]) {
    this.cluster = cluster;
    this.journalds = journalds;
  }

  static async start(nodes: number, options: Omit<DevClusterOptions, 'nodes'> = {}): Promise<JournaldCluster> {
    const journalds = await Promise.all(Array.from({ length: nodes }, () => startJournald()));
    try {
      const cluster = await DevCluster.start({
        ...options,
        nodes: journalds.map(({ directory }) => ({ journalDirectory: directory })),
      });
      return new JournaldCluster(cluster, journalds);
    } catch (error) {
      await Promise.all(journalds.map((journald) => journald.stop()));
      throw error;
    }
  }

  /** The journald of node `index`. */
  journald(index = 0): Journald {
    const journald = this.journalds[index];
    if (journald === undefined) throw new Error(`there is no node ${index}`);
    return journald;
  }

  /** URL of a stream or range on node `index`, at the gateway. */
  nodeUrl(index: number, rest: string): string {
    return `${this.cluster.gateway.url}/system/v1/agent/${this.cluster.nodes[index]?.agentId}/logs/v1/${rest}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster.stop();
    await Promise.all(this.journalds.map((journald) => journald.stop()));
  }
}

/** What the container logger writes with every line of a task. */
export function taskFields(task: {
  frameworkId: string;
  agentId: string;
  id: string;
  executorId: string;
  container: { value: string };
}) {
  return {
    FRAMEWORK_ID: task.frameworkId,
    AGENT_ID: task.agentId,
    EXECUTOR_ID: task.executorId || task.id,
    CONTAINER_ID: task.container.value,
    STREAM: 'STDOUT',
    SYSLOG_IDENTIFIER: task.executorId || task.id,
  };
}
