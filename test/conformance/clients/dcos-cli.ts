import type { RawExchange } from '../raw-exchange.ts';
import type { SetUp } from '../set-ups.ts';
import { CliEvents } from './cli-events.ts';
import { scannedEntries } from './line-scanner.ts';
import { embeddedMessages } from './protobuf.ts';

export interface NodeLogFlags {
  /** `--leader`, or the id of an agent. */
  readonly of: '--leader' | { readonly mesosId: string };
  /** Default 10. */
  readonly lines?: number;
  readonly component?: string;
  /** Sent as they stand. */
  readonly filters?: readonly string[];
}

export interface TaskLogFlags {
  /** Default `stdout`. */
  readonly file?: string;
  /** Default 10. */
  readonly lines?: number;
  /** Look among completed tasks instead of running ones. */
  readonly completed?: boolean;
}

/** Call{type: GET_AGENTS} of Mesos' v1 operator API. */
const getAgents = Buffer.from([0x08, 0x0a]);

/** Field numbers from `Response` down to each agent's id: get_agents, agents, agent_info, id, value. */
const agentIds = [10, 1, 1, 6, 1];

interface StateTask {
  readonly id: string;
}

interface State {
  readonly frameworks: readonly {
    readonly tasks: readonly StateTask[];
    readonly completed_tasks: readonly StateTask[];
  }[];
}

/**
 * The DC/OS CLI (dcos-core-cli, Go) where it reads logs: the requests of each command, in their order and byte for byte, and
 * what the command makes of the answers.
 */
export class DcosCli {
  readonly #setUp: SetUp;
  readonly #credentials: readonly string[];

  constructor(setUp: SetUp, credentials: readonly string[] = [`Authorization: token=${setUp.token}`]) {
    this.#setUp = setUp;
    this.#credentials = credentials;
  }

  /** `dcos node log`. @returns the messages it prints. @throws Error with what it prints instead */
  async nodeLog(flags: NodeLogFlags): Promise<string[]> {
    const answer = await this.#get(await this.#nodeLogPath(flags), 'application/json');
    return scannedEntries(answer).map(({ fields }) => fields.MESSAGE ?? '');
  }

  /** `dcos node log --follow`. */
  async followNodeLog(flags: NodeLogFlags): Promise<CliEvents> {
    return new CliEvents(this.#setUp, await this.#nodeLogPath(flags));
  }

  /** `dcos task log <task> [file]`: the text of each task whose id contains the argument. @throws Error with what it prints instead */
  async taskLog(task: string, flags: TaskLogFlags = {}): Promise<string> {
    const texts: string[] = [];
    for (const id of await this.#taskIds(task, flags)) {
      texts.push((await this.#get(taskLogPath(id, flags), 'text/plain')).text);
    }
    return texts.join('');
  }

  /** `dcos task log --follow`, of one task. */
  async followTaskLog(task: string, flags: TaskLogFlags = {}): Promise<CliEvents> {
    const [id] = await this.#taskIds(task, flags);
    if (id === undefined) throw new Error(`no task ${task}`);
    return new CliEvents(this.#setUp, taskLogPath(id, flags));
  }

  async #nodeLogPath({ of, lines = 10, component, filters = [] }: NodeLogFlags): Promise<string> {
    if (of !== '--leader') await this.#requireAgent(of.mesosId);
    const node = of === '--leader' ? 'leader/mesos' : `agent/${of.mesosId}`;
    const unit = component === undefined ? '' : `/${component}.service`;
    const query = [`skip=${-lines}`, ...filters.map((filter) => `filter=${filter}`)].join('&');
    return `/system/v1/${node}/logs/v2/component${unit}?${query}`;
  }

  async #requireAgent(mesosId: string): Promise<void> {
    const protobuf = ['Accept: application/x-protobuf', 'Content-Type: application/x-protobuf'];
    const answer = await this.#ask('/mesos/api/v1', protobuf, { method: 'POST', body: getAgents });
    if (answer.status === 503) throw new Error('could not connect to the leading mesos master');
    this.#requireSuccess(answer);
    if (answer.body.length === 0) throw new Error('the CLI crashes at an empty answer');
    const ids = embeddedMessages(answer.body, agentIds).map((id) => id.toString());
    if (!ids.includes(mesosId)) throw new Error(`agent '${mesosId}' not found`);
  }

  async #taskIds(task: string, { completed = false }: TaskLogFlags): Promise<string[]> {
    const state = JSON.parse((await this.#get('/mesos/master/state', 'application/json')).text) as State;
    const tasks = state.frameworks.flatMap((framework) => (completed ? framework.completed_tasks : framework.tasks));
    const ids = tasks.map(({ id }) => id).filter((id) => id.includes(task));
    if (ids.length === 0) throw new Error(`no task ID found containing '${task}'`);
    return ids;
  }

  async #get(path: string, accept: string): Promise<RawExchange> {
    let answer = await this.#ask(path, [`Accept: ${accept}`]);
    if (answer.status === 303) {
      const referer = `Referer: ${this.#setUp.origin}${path}`;
      answer = await this.#ask(locationOf(answer), [`Accept: ${accept}`, referer]);
    }
    this.#requireSuccess(answer);
    return answer;
  }

  #ask(path: string, headers: readonly string[], more: { method?: string; body?: Buffer } = {}): Promise<RawExchange> {
    const common = ['User-Agent: dcos-cli/1.2.0 linux', 'Accept-Encoding: gzip'];
    return this.#setUp.askAt(path, { credentials: this.#credentials, headers: [...common, ...headers], ...more });
  }

  #requireSuccess({ status }: RawExchange): void {
    if (status === 200) return;
    if (status === 204) throw new Error('no logs found');
    if (status === 401) throw new Error('authentication failed, please run `dcos auth login`');
    if (status === 403) throw new Error('you are not authorized to perform this operation');
    throw new Error(`HTTP ${status} error`);
  }
}

function taskLogPath(id: string, { file = 'stdout', lines = 10 }: TaskLogFlags): string {
  return `/system/v1/logs/v2/task/${id}/file/${file}?cursor=END&skip=${-Math.abs(lines)}`;
}

/** Where a redirect leads; the token goes along only on the same host. */
function locationOf(answer: RawExchange): string {
  const location = answer.header('location');
  if (answer.status !== 303 || location === undefined || !/^\/(?!\/)/.test(location)) {
    throw new Error(`expected a redirect on the same host, found ${answer.status} ${location}`);
  }
  return location;
}
