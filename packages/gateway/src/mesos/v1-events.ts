import type { MesosAgent, MesosFramework, MesosSnapshot, MesosTask } from './model.ts';

/** What one status update changes in a task; the container is undefined when the status does not name it. */
export interface TaskStatus {
  readonly taskId: string;
  readonly frameworkId: string;
  readonly agentId: string | undefined;
  readonly executorId: string | undefined;
  readonly containerId: string | undefined;
  /** The task's state, which outlives the status': a KILLED after a FINISHED leaves FINISHED. */
  readonly state: string;
  readonly timestamp: number;
}

/** The events of the master's v1 stream that change the index. */
export type MesosEvent =
  | { readonly type: 'SUBSCRIBED'; readonly snapshot: MesosSnapshot; readonly heartbeatSeconds: number | undefined }
  | { readonly type: 'TASK_ADDED'; readonly task: MesosTask }
  | { readonly type: 'TASK_UPDATED'; readonly status: TaskStatus }
  | { readonly type: 'AGENT_ADDED'; readonly agent: MesosAgent }
  | { readonly type: 'AGENT_REMOVED'; readonly agentId: string }
  | { readonly type: 'FRAMEWORK_ADDED' | 'FRAMEWORK_UPDATED'; readonly framework: MesosFramework }
  | { readonly type: 'FRAMEWORK_REMOVED'; readonly frameworkId: string }
  | { readonly type: 'HEARTBEAT' };
