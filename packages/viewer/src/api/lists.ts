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

/** What the lists answer with. */
export interface Lists {
  /** Running tasks first; `total` counts also those beyond the limit. */
  readonly tasks: { readonly total: number; readonly tasks: readonly ListedTask[] };
  readonly agents: { readonly agents: readonly ListedAgent[] };
  readonly components: { readonly components: readonly ListedComponent[] };
}

/** Reads a list as the text it comes as: that of thousands of tasks is only read where it is another than before. */
export async function listText(
  path: keyof Lists,
  parameters: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string> {
  return await (await request(path, new URLSearchParams(parameters), { signal })).text();
}

export async function listAgents(signal: AbortSignal): Promise<readonly ListedAgent[]> {
  return (JSON.parse(await listText('agents', {}, signal)) as Lists['agents']).agents;
}
