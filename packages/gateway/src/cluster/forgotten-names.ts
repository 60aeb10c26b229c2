import { setImmediate as nextTurn } from 'node:timers/promises';
import { CodedError } from '@clusterlog/shared';
import { servicePath } from '../mesos/service-path.ts';

/** Ids that journals name, and that were asked for. */
export interface NamedIds {
  readonly executors: ReadonlySet<string>;
  readonly containers: ReadonlySet<string>;
}

/** Ids are names of directories to Mesos: longer ones are nobody's. */
const longestExecutorId = 255;
/** 32 nested containers, which is as deep as Mesos goes, of an UUID and a dot each. */
const longestContainerId = 32 * 37;
/** Named when a part fits several. */
const mostCandidates = 20;

/** Whether a value of `EXECUTOR_ID` can be an id at all: anyone can write anything into that field. */
export function isExecutorId(value: string): boolean {
  return value !== '' && Buffer.byteLength(value) <= longestExecutorId;
}

/**
 * Whether a value of `CONTAINER_ID` can be a container of Mesos, `root.child.grandchild`. Docker's log driver writes a field
 * of that name, too: the first twelve hexadecimal digits of an id of its own.
 */
export function isContainerId(value: string): boolean {
  return value !== '' && Buffer.byteLength(value) <= longestContainerId && !/^[0-9a-f]{12}$/.test(value);
}

/**
 * The ids that tasks are asked for by: the whole one, or the only one of which a text is part. The id of a root container
 * means those nested in it as well.
 *
 * @param until when it is given up, as `performance.now()` has it: a million ids take a while for each text
 * @returns undefined when one of them names nothing, or was not found until then
 * @throws CodedError 409 for a text that is part of several
 */
export async function namedByTexts(
  texts: readonly string[],
  executors: ReadonlySet<string>,
  containers: ReadonlySet<string>,
  until: number,
  signal: AbortSignal,
): Promise<NamedIds | undefined> {
  const [allExecutors, allContainers] = [[...executors], [...containers]];
  const named = { executors: new Set<string>(), containers: new Set<string>() };
  for (const text of texts) {
    if (text === '') return undefined;
    if (executors.has(text)) {
      named.executors.add(text);
      continue;
    }
    await nextTurn();
    signal.throwIfAborted();
    if (performance.now() > until) return undefined;
    const inContainers = allContainers.filter((id) => id.includes(text));
    const ofRoot = inContainers.filter((id) => id === text || id.startsWith(`${text}.`));
    if (ofRoot.length > 0) {
      for (const id of ofRoot) named.containers.add(id);
      continue;
    }
    const inExecutors = allExecutors.filter((id) => id.includes(text));
    const [only, ...more] = [...inExecutors, ...inContainers];
    if (only === undefined) return undefined;
    if (more.length > 0) {
      const candidates = [only, ...more].sort().slice(0, mostCandidates).join(', ');
      throw new CodedError('ambiguous-task', { task: text, count: more.length + 1, candidates });
    }
    if (inExecutors.length > 0) named.executors.add(only);
    else named.containers.add(only);
  }
  return named;
}

/** The executors of services: those of apps are called as their tasks are, those of pods `instance-` and their pod's id. */
export function namedByServices(services: readonly string[], executors: ReadonlySet<string>): NamedIds {
  const paths = new Set(services.map((service) => `/${service.replace(/^\/+/, '')}`));
  // Only Marathon writes its paths into ids.
  const isMeant = (id: string): boolean => paths.has(servicePath({ id, frameworkName: 'marathon' }) ?? '');
  const found = [...executors].filter((id) => isMeant(id) || isMeant(id.replace(/^instance-/, '')));
  return { executors: new Set(found), containers: new Set() };
}
