import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scope } from '@clusterlog/shared';
import { MesosAgent, type SandboxAddress } from '@clusterlog/test/dev-cluster/mesos-agent';
import { Sandboxes, type SandboxesOptions } from '../../src/files/sandboxes.ts';
import type { GatewaySigner } from '../token/gateway-signer.ts';
import { type Question, TestAgent } from './test-agent.ts';
import { WrittenJournal } from './written-journal.ts';

/** A command task, whose executor has its id. */
export const app: SandboxAddress = { framework: 'F', executor: 'app.1', container: 'c1' };
/** One task of a pod. */
export const podTask: SandboxAddress = {
  framework: 'F',
  executor: 'instance-pod.1',
  container: 'root.child',
  task: 'pod.1.web',
};

export function scopeOf({ framework, executor, container }: SandboxAddress): Scope {
  return {
    v: 1,
    read: [
      [
        { field: 'FRAMEWORK_ID', in: [framework] },
        { field: 'EXECUTOR_ID', in: [executor] },
        { field: 'CONTAINER_ID', in: [container] },
      ],
    ],
    files: [{ framework, executor, container }],
    withhold: [],
  };
}

/** The path of a sandbox, as API v2 has it. */
export function runOf({ framework, executor, container, task }: SandboxAddress): string {
  const [root = ''] = container.split('.');
  const names = [
    'frameworks',
    framework,
    'executors',
    executor,
    'runs',
    root,
    ...(task === undefined ? [] : ['tasks', task]),
  ];
  return `/v2/task/${names.map(encodeURIComponent).join('/')}`;
}

/** A node: a Mesos agent with sandboxes, a journal, and a node agent that reads both. */
export class TaskWorld {
  readonly mesos: MesosAgent;
  readonly directory: string;
  readonly #journal = new WrittenJournal();
  #agent!: TestAgent;

  private constructor(authorization: string | undefined) {
    this.directory = mkdtempSync(join(tmpdir(), 'clusterlog-v2-task-'));
    this.mesos = new MesosAgent({
      id: 'S0',
      workDirectory: join(this.directory, 'work'),
      ...(authorization === undefined ? {} : { authorization }),
    });
  }

  /** The gateway whose tokens the agent takes. */
  get signer(): GatewaySigner {
    return this.#agent.signer;
  }

  get port(): number {
    return this.#agent.port;
  }

  /** @param wanted the `Authorization` that the Mesos agent wants */
  static async start(wanted?: string, options: Partial<SandboxesOptions> = {}): Promise<TaskWorld> {
    const world = new TaskWorld(wanted);
    await world.mesos.start();
    world.#agent = await TestAgent.start({
      directory: world.#journal.directory,
      sandboxes: new Sandboxes({ mesosAgent: world.mesos.url, ...options }),
    });
    return world;
  }

  async stop(): Promise<void> {
    await this.#agent.close();
    this.#journal.close();
    await this.mesos.stop();
    rmSync(this.directory, { recursive: true });
  }

  /** Writes a file of a sandbox, anew. */
  write(sandbox: SandboxAddress, file: string, content: string | Buffer): string {
    const path = join(this.mesos.sandbox(sandbox), file);
    writeFileSync(path, content);
    return path;
  }

  append(path: string, content: string | Buffer): void {
    appendFileSync(path, content);
  }

  /** Writes a line into the journal, as DC/OS' container logger does; returns its cursor. */
  log({ framework, executor, container }: SandboxAddress, stream: 'STDOUT' | 'STDERR', message: string): string {
    const cursor = this.#journal.append(message, {
      FRAMEWORK_ID: framework,
      EXECUTOR_ID: executor,
      CONTAINER_ID: container,
      AGENT_ID: 'S0',
      STREAM: stream,
    });
    this.#journal.flush();
    return cursor;
  }

  /** Asks with a token for that sandbox unless the question says otherwise. */
  ask(sandbox: SandboxAddress, rest: string, question: Question = {}): Promise<Response> {
    return this.askPath(`${runOf(sandbox)}/${rest}`, { scope: scopeOf(sandbox), ...question });
  }

  askPath(path: string, question: Question = {}): Promise<Response> {
    return this.#agent.ask(path, { scope: scopeOf(app), ...question });
  }

  /** The status of the answer to a request line as it is: `fetch` would make another path of some. */
  async statusOf(path: string, scope: Scope): Promise<number | undefined> {
    const { port } = this;
    const authorization = `Bearer ${await this.signer.sign({ path, scope })}`;
    const sent = get({ host: '127.0.0.1', port, path, agent: false, headers: { authorization } });
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    answer.destroy();
    return answer.statusCode;
  }

  /** The body, byte for byte. */
  async read(sandbox: SandboxAddress, rest: string, question?: Question): Promise<Buffer> {
    const answer = await this.ask(sandbox, rest, question);
    return Buffer.from(await answer.arrayBuffer());
  }
}

/** The events of a stream, one after the other; comments are passed over unless asked for. */
export async function* eventsOf(
  answer: Response,
): AsyncGenerator<{ id: string | undefined; data: string | undefined; raw: string }> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of answer.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const raw = text.slice(0, end + 2);
      text = text.slice(end + 2);
      yield { id: /^id: (.*)$/m.exec(raw)?.[1], data: /^data: (.*)$/m.exec(raw)?.[1], raw };
    }
  }
}
