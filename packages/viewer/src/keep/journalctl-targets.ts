import type { View } from '../address/view.ts';
import type { Entry } from '../api/entry.ts';
import { fieldText } from '../api/entry.ts';
import { listAgents } from '../api/lists.ts';
import { request } from '../api/request.ts';
import type { JournalctlTarget } from './journalctl-command.ts';

/** Fields by which the container logger says whose an entry is. */
const ofTask = ['FRAMEWORK_ID', 'EXECUTOR_ID', 'CONTAINER_ID'] as const;

/** What `tasks` says of where a task's entries lie. */
export interface TaskPlace {
  readonly agent: string;
  readonly host?: string;
  readonly framework: string;
  readonly executor: string;
  readonly container?: string;
}

/** The nodes that what is shown lies on, and what it is known by there. */
export async function journalctlTargets({ scope }: View, signal: AbortSignal): Promise<JournalctlTarget[]> {
  const { task, service, label, framework, container, agent } = scope;
  if ([task, service, label, framework, container].some((values) => values !== undefined)) {
    const parameters = new URLSearchParams();
    for (const [name, values] of Object.entries({ task, service, label, framework, container, agent })) {
      for (const value of values ?? []) parameters.append(name, value);
    }
    const { tasks } = (await (await request('tasks', parameters, { signal })).json()) as { tasks: TaskPlace[] };
    return targetsOfTasks(tasks);
  }
  const agents = await listAgents(signal);
  return agents
    .filter(({ id }) => agent === undefined || agent.includes(id))
    .map(({ host }) => ({ host, matches: [] }));
}

/** Tasks by the nodes they ran on. */
export function targetsOfTasks(tasks: readonly TaskPlace[]): JournalctlTarget[] {
  const byHost = new Map<string, string[][]>();
  for (const { agent, host = agent, framework, executor, container } of tasks) {
    if (container === undefined) continue;
    const matches = byHost.get(host) ?? [];
    byHost.set(host, matches);
    matches.push([`FRAMEWORK_ID=${framework}`, `EXECUTOR_ID=${executor}`, `CONTAINER_ID=${container}`]);
  }
  return [...byHost].map(([host, matches]) => ({ host, matches }));
}

/** Where an entry lies, and what it has in common with those of the same writer. */
export function targetOfEntry(entry: Entry): JournalctlTarget {
  const fields = fieldText(entry, 'CONTAINER_ID') === undefined ? ['SYSLOG_IDENTIFIER', '_SYSTEMD_UNIT'] : ofTask;
  const group = ['_BOOT_ID', ...fields].flatMap((field) => {
    const value = field === '_BOOT_ID' ? entry.boot_id : fieldText(entry, field);
    return value === undefined ? [] : [`${field}=${value}`];
  });
  return { host: entry.source.host, matches: [group] };
}
