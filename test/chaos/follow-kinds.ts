import { componentIdentifier, componentUnit, type NumberedLines } from './numbered-lines.ts';

/** One way to follow. */
export interface FollowKind {
  readonly name: string;
  /** At a gateway, with query. */
  readonly path: string;
  readonly format: 'sse' | 'ndjson';
  /** How the last id is given: as `Last-Event-ID`, or in the query. */
  readonly resume: 'header' | 'cursor';
  /** Told of agents that are silent: API v3. */
  readonly tells: boolean;
  /** Whether these lines are in it. */
  readonly has: (lines: NumberedLines) => boolean;
}

interface World {
  /** Name and agent id of each node. */
  readonly nodes: readonly { readonly name: string; readonly agentId: string }[];
  /** Those that run from the beginning to the end. */
  readonly tasks: readonly NumberedLines[];
  readonly services: readonly string[];
  /** Before the first line, whatever clocks are set to: seconds since 1970. */
  readonly since: number;
}

const logs = '/system/v1/logs';

/** So many follows, of all kinds by turns, each of another task, component or service where there are enough. */
export function followKinds(count: number, world: World): FollowKind[] {
  const { nodes, tasks, services, since } = world;
  const v3 = `${logs}/v3/follow?since=@${since}`;
  const kinds = [
    (n: number) => v1Task(of(tasks, n)),
    (n: number) => v2Component(of(nodes, n)),
    (n: number) => v3Service(of(services, n), n % 2 === 0 ? 'sse' : 'ndjson'),
    (n: number) => v3Task(of(tasks, n), n % 2 === 0 ? 'ndjson' : 'sse'),
    (n: number) => v3Everywhere(n % 2 === 0 ? 'sse' : 'ndjson'),
  ];
  return Array.from({ length: count }, (_, n) => of(kinds, n)(Math.floor(n / kinds.length)));

  function v1Task(lines: NumberedLines): FollowKind {
    const path = `${logs}/v1/stream/task/${lines.task?.id}`;
    return { name: 'v1 task, SSE', path, format: 'sse', resume: 'header', tells: false, has: (one) => one === lines };
  }

  function v2Component({ name, agentId }: World['nodes'][number]): FollowKind {
    const path = `/system/v1/agent/${agentId}/logs/v2/component/${componentUnit}?cursor=BEG`;
    const has = (lines: NumberedLines) => lines.task === undefined && lines.node === name;
    return { name: 'v2 component, SSE', path, format: 'sse', resume: 'header', tells: false, has };
  }

  function v3Service(service: string, format: FollowKind['format']): FollowKind {
    const has = (lines: NumberedLines) => lines.service === service;
    return { ...v3Kind(format), name: `v3 service, ${format}`, path: `${v3}&service=${service}`, has };
  }

  function v3Task(lines: NumberedLines, format: FollowKind['format']): FollowKind {
    const has = (one: NumberedLines) => one === lines;
    return { ...v3Kind(format), name: `v3 task, ${format}`, path: `${v3}&task=${lines.task?.id}`, has };
  }

  function v3Everywhere(format: FollowKind['format']): FollowKind {
    const has = (lines: NumberedLines) => lines.task === undefined;
    return { ...v3Kind(format), name: `v3 all nodes, ${format}`, path: `${v3}&identifier=${componentIdentifier}`, has };
  }
}

function v3Kind(format: FollowKind['format']) {
  return { format, resume: format === 'sse' ? 'header' : 'cursor', tells: true } as const;
}

function of<T>(list: readonly T[], n: number): T {
  return list[n % list.length] as T;
}
