import { parseOrigin } from '@clusterlog/shared';
import type { ClusterIndex } from '../mesos/cluster-index.ts';
import type { MesosTask } from '../mesos/model.ts';
import { servicePath } from '../mesos/service-path.ts';
import type { LaneTarget } from './cluster-scope.ts';

/** Where an entry comes from, as each format says it. */
export interface EntrySource {
  /** The JSON object of `source`, as the member behind others, and the beginning of the member `cursor` behind it. */
  readonly json: Buffer;
  readonly host: string;
  /** The task's id, where it is known. */
  readonly task: string | undefined;
  /** `CLUSTERLOG_…=` lines of the export format. */
  readonly exported: Buffer;
}

/** Sources kept, forgotten all at once beyond it. */
const rememberedSources = 20_000;

/** The tasks by their containers, kept in step with the index: origins in journals name containers, never tasks. */
export class ContainerTasks {
  readonly #tasks = new Map<string, MesosTask>();
  /** Changes whenever a task becomes known. */
  version = 0;
  /** Tasks forgotten by the index leave this one when a master tells everything again. */
  constructor(index: Pick<ClusterIndex, 'tasks' | 'on'>) {
    const take = (task: MesosTask): void => {
      if (task.containerId === undefined) return;
      if (!this.#tasks.has(task.containerId)) this.version++;
      this.#tasks.set(task.containerId, task);
    };
    const takeAll = (): void => {
      this.#tasks.clear();
      this.version++;
      for (const task of index.tasks()) take(task);
    };
    takeAll();
    index.on('snapshot', takeAll);
    index.on('task', take);
  }

  /** The task in a container of an agent. A journal can name any container, another node's too: then nothing is said. */
  task(containerId: string | undefined, agentId: string): MesosTask | undefined {
    const task = containerId === undefined ? undefined : this.#tasks.get(containerId);
    return task?.agentId === agentId ? task : undefined;
  }
}

interface SourcesOfLane {
  readonly byOrigin: Map<string, EntrySource>;
  /** The last one asked for, and what it is. */
  origin: string | undefined;
  source: EntrySource | undefined;
}

/** Makes the sources of one answer's entries, and remembers them. */
export class EntrySources {
  readonly #containers: ContainerTasks;
  readonly #known = new Map<string, SourcesOfLane>();
  #count = 0;
  #version: number;

  constructor(containers: ContainerTasks) {
    this.#containers = containers;
    this.#version = containers.version;
  }

  of(target: LaneTarget, origin: string): EntrySource {
    // The task of a container may have become known.
    if (this.#version !== this.#containers.version || this.#count >= rememberedSources) this.#forget();
    let ofLane = this.#known.get(target.id);
    if (ofLane === undefined) {
      ofLane = { byOrigin: new Map(), origin: undefined, source: undefined };
      this.#known.set(target.id, ofLane);
    }
    // Comparing costs less than looking up: an origin just read is a string that nobody has hashed yet.
    if (ofLane.source !== undefined && ofLane.origin === origin) return ofLane.source;
    const source = ofLane.byOrigin.get(origin) ?? this.#make(target, origin, ofLane);
    ofLane.origin = origin;
    ofLane.source = source;
    return source;
  }

  #make(target: LaneTarget, origin: string, { byOrigin }: SourcesOfLane): EntrySource {
    const { container, stream } = parseOrigin(origin);
    const task = target.task ?? this.#containers.task(container, target.agentId);
    const source = sourceOf(target, task, container, stream);
    byOrigin.set(origin, source);
    this.#count++;
    return source;
  }

  #forget(): void {
    this.#known.clear();
    this.#count = 0;
    this.#version = this.#containers.version;
  }
}

function sourceOf(
  { agentId, host }: LaneTarget,
  task: MesosTask | undefined,
  container: string | undefined,
  stream: string | undefined,
): EntrySource {
  const service = task === undefined ? undefined : servicePath(task);
  const facts = { agent: agentId, host, task: task?.id, service, container, stream };
  const exported = Object.entries(facts)
    .filter((fact): fact is [string, string] => fact[1] !== undefined)
    .map(([name, value]) => `CLUSTERLOG_${name.toUpperCase()}=${value.replaceAll('\n', ' ')}\n`);
  return {
    json: Buffer.from(`,"source":${JSON.stringify(facts)},"cursor":"`),
    host: plain(host),
    task: plainOrNone(task?.id),
    exported: Buffer.from(exported.join('')),
  };
}

function plainOrNone(text: string | undefined): string | undefined {
  return text === undefined ? undefined : plain(text);
}

/** Names are Mesos' and its frameworks': nothing in them may steer a terminal or look like another line. */
function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not get into a terminal
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '?');
}
