/**
 * Where tasks ran, read off captured answers without any code of the gateway: by the master's `/state` task by task, and by
 * the agents' own `/state`, where each executor's sandbox lies in `slaves/S/frameworks/F/executors/E/runs/CONTAINER`.
 */

export interface Placement {
  readonly task: string;
  readonly agent: string;
  readonly framework: string;
  readonly executor: string;
  /** As the journal has it; undefined where no status ever named one. */
  readonly container: string | undefined;
  readonly state: string;
}

/** The part of an agent's word that a placement is checked by: of a nested container only its root is in a sandbox's path. */
export interface SandboxPlacement {
  readonly agent: string;
  readonly framework: string;
  readonly executor: string;
  readonly rootContainer: string;
}

interface ContainerId {
  readonly value: string;
  readonly parent?: ContainerId;
}

interface CapturedTask {
  readonly id: string;
  readonly slave_id: string;
  readonly framework_id: string;
  readonly executor_id: string;
  readonly state: string;
  readonly statuses: readonly { readonly container_status?: { readonly container_id?: ContainerId } }[];
}

interface CapturedFramework {
  readonly tasks?: readonly CapturedTask[];
  readonly unreachable_tasks?: readonly CapturedTask[];
  readonly completed_tasks?: readonly CapturedTask[];
}

export interface CapturedState {
  readonly frameworks: readonly CapturedFramework[];
  readonly completed_frameworks: readonly CapturedFramework[];
}

/** Every task in a master's `/state`. */
export function placementsIn({ frameworks, completed_frameworks }: CapturedState): Placement[] {
  const tasks = [...completed_frameworks, ...frameworks].flatMap((framework) => [
    ...(framework.completed_tasks ?? []),
    ...(framework.unreachable_tasks ?? []),
    ...(framework.tasks ?? []),
  ]);
  return tasks.map(({ id, slave_id, framework_id, executor_id, state, statuses }) => {
    const named = statuses.map((status) => status.container_status?.container_id).filter((one) => one !== undefined);
    const container = named.at(-1);
    return {
      task: id,
      agent: slave_id,
      framework: framework_id,
      executor: executor_id === '' ? id : executor_id,
      container: container === undefined ? undefined : inJournal(container),
      state,
    };
  });
}

export function inJournal({ value, parent }: ContainerId): string {
  return parent === undefined ? value : `${inJournal(parent)}.${value}`;
}

interface CapturedExecutor {
  readonly directory: string;
  readonly tasks: readonly { readonly id: string }[];
  readonly completed_tasks: readonly { readonly id: string }[];
  readonly queued_tasks: readonly { readonly id: string }[];
}

interface CapturedAgentFramework {
  readonly executors: readonly CapturedExecutor[];
  readonly completed_executors: readonly CapturedExecutor[];
}

export interface CapturedAgentState {
  readonly frameworks: readonly CapturedAgentFramework[];
  readonly completed_frameworks: readonly CapturedAgentFramework[];
}

/** Every task in an agent's `/state`, by task id. */
export function sandboxPlacements(state: CapturedAgentState): Map<string, SandboxPlacement> {
  const placements = new Map<string, SandboxPlacement>();
  const frameworks = [...state.completed_frameworks, ...state.frameworks];
  for (const executor of frameworks.flatMap((one) => [...one.completed_executors, ...one.executors])) {
    const path = /\/slaves\/([^/]+)\/frameworks\/([^/]+)\/executors\/([^/]+)\/runs\/([^/]+)$/.exec(executor.directory);
    if (path === null) throw new Error(`expected the path of a sandbox, found ${executor.directory}`);
    const [, agent = '', framework = '', name = '', rootContainer = ''] = path;
    for (const { id } of [...executor.completed_tasks, ...executor.queued_tasks, ...executor.tasks]) {
      placements.set(id, { agent, framework, executor: name, rootContainer });
    }
  }
  return placements;
}

interface CapturedContainer {
  readonly container_status?: { readonly container_id: ContainerId };
}

/** The containers of an answer to GET_CONTAINERS, as the journal has them. */
export function containersIn(answer: {
  readonly get_containers: { readonly containers: readonly CapturedContainer[] };
}): Set<string> {
  const ids = answer.get_containers.containers.flatMap(({ container_status: status }) =>
    status === undefined ? [] : [inJournal(status.container_id)],
  );
  return new Set(ids);
}
