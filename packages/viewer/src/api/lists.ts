import { request } from './request.ts';

/** A task as `tasks` lists it. */
export interface ListedTask {
  readonly id: string;
  readonly name: string;
  /** The id of its node's Mesos agent. */
  readonly agent: string;
  readonly host?: string;
  readonly framework: string;
  readonly framework_name?: string;
  readonly service?: string;
  readonly executor: string;
  readonly container?: string;
  /** Mesos' own word, as `TASK_RUNNING`. */
  readonly state: string;
  readonly completed: boolean;
  /** When its state was told, µs since 1970. */
  readonly updated: number;
}

/** A node as `agents` lists it. */
export interface ListedAgent {
  readonly id: string;
  readonly host: string;
  /** False while the Mesos master gets no answer from it. */
  readonly active: boolean;
  /** µs that its clock is ahead of the gateway's. */
  readonly clock_offset?: number;
  readonly waited_for: boolean;
}

export interface ListedComponent {
  /** A unit, as `ssh.service`. */
  readonly component: string;
  readonly entries: number;
}

/** Tasks, running ones first, and how many there are beyond the `limit`. */
export async function listTasks(
  limit: number,
  signal: AbortSignal,
): Promise<{ readonly total: number; readonly tasks: readonly ListedTask[] }> {
  const response = await request('tasks', new URLSearchParams({ limit: String(limit) }), { signal });
  return await response.json();
}

export async function listAgents(signal: AbortSignal): Promise<readonly ListedAgent[]> {
  const response = await request('agents', new URLSearchParams(), { signal });
  return ((await response.json()) as { readonly agents: readonly ListedAgent[] }).agents;
}

/** @param budget seconds that nodes may count */
export async function listComponents(budget: number, signal: AbortSignal): Promise<readonly ListedComponent[]> {
  const response = await request('components', new URLSearchParams({ budget: String(budget) }), { signal });
  return ((await response.json()) as { readonly components: readonly ListedComponent[] }).components;
}
