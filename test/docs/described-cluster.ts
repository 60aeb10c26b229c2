import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { request } from 'undici';
import { DevCluster, type DevClusterOptions } from '../dev-cluster/cluster.ts';
import type { DevNode } from '../dev-cluster/dev-node.ts';
import { containerIdOf, type SimulatedTask } from '../dev-cluster/simulated-mesos.ts';
import type { Answer, ApiDescription } from './api-description.ts';

/** Requests that a caller may send within a minute. */
export const requestsPerMinute = 500;

const policy = `version: 1
rules:
  - name: everybody but strangers
    who: everyone
    except: { uid: [stranger] }
    allow: [everything]
`;

/** A cluster in which every documented route has something to answer. */
export class DescribedCluster implements AsyncDisposable {
  readonly cluster: DevCluster;
  readonly document: ApiDescription;
  readonly #directory: string;
  readonly #marathon: Server;
  readonly #task: SimulatedTask;
  readonly #podTask: SimulatedTask;
  readonly #secret: Uint8Array;

  private constructor(cluster: DevCluster, document: ApiDescription, directory: string, marathon: Server) {
    this.cluster = cluster;
    this.document = document;
    this.#directory = directory;
    this.#marathon = marathon;
    this.#secret = Buffer.from(readFileSync(join(cluster.directory, 'caller-secret'), 'utf8').trimEnd());
    this.#task = cluster.launch(this.node, 'app.1');
    cluster.launch(this.node, 'app.2');
    const pod = { frameworkId: this.#task.frameworkId, agentId: this.node.agentId };
    [this.#podTask] = cluster.mesos.launchPod(pod, 'pod.1', ['web']) as [SimulatedTask];
  }

  /** @param options what differs from two nodes run from source, and what flags are added */
  static async start(options: DevClusterOptions = {}): Promise<DescribedCluster> {
    const directory = mkdtempSync(join(tmpdir(), 'clusterlog-description-'));
    writeFileSync(join(directory, 'policy.yaml'), policy);
    // All that the gateway asks of a Marathon.
    const marathon = createServer((_request, response) => response.end(JSON.stringify({ leader: '127.0.0.1:8080' })));
    await once(marathon.listen(0, '127.0.0.1'), 'listening');
    const { port } = marathon.address() as AddressInfo;
    const cluster = await DevCluster.start({
      nodes: 2,
      ...options,
      gatewayArguments: [
        ...['--policy', join(directory, 'policy.yaml'), '--marathon', `http://127.0.0.1:${port}`],
        ...['--requests-per-minute', String(requestsPerMinute)],
        ...(options.gatewayArguments ?? []),
      ],
    });
    const document = JSON.parse((await cluster.get('/docs/json')).text) as ApiDescription;
    const described = new DescribedCluster(cluster, document, directory, marathon);
    await described.#write();
    return described;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster.stop();
    this.#marathon.close();
    rmSync(this.#directory, { recursive: true });
  }

  /** The gateway's own node, on which everything runs. */
  get node(): DevNode {
    return this.cluster.nodes[0] as DevNode;
  }

  /** A node on which no task has ever written. */
  get quietNode(): DevNode {
    return this.cluster.nodes[1] as DevNode;
  }

  async tokenOf(uid: string): Promise<string> {
    const claims = { uid, exp: Math.floor(Date.now() / 1000) + 600 };
    return new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(this.#secret);
  }

  /** What stands for the parameters of a path where something is to be found. */
  valuesFor(path: string): Readonly<Record<string, string>> {
    const task = path.includes('{task}') ? this.#podTask : this.#task;
    const [container = '', nested] = [task.container.parent?.value ?? task.container.value, task.id];
    return {
      agentId: this.node.agentId,
      taskId: this.#task.id,
      framework: task.frameworkId,
      executor: task.executorId || task.id,
      container,
      task: nested,
      file: 'stdout',
      field: 'STREAM',
      name: 'dcos-mesos-slave.service',
      pid: 'slave(1)',
    };
  }

  /** A sandbox's path as a Mesos agent has it. */
  get sandbox(): string {
    const { frameworkId, id } = this.#task;
    return `/frameworks/${frameworkId}/executors/${id}/runs/latest`;
  }

  /**
   * @param until where to end reading: behind the whole answer, its first entry, or its headers
   * @param body makes it a POST
   */
  async ask(
    path: string,
    headers: Readonly<Record<string, string>>,
    until: 'end' | 'entry' | 'headers' = 'end',
    body?: string | Uint8Array,
  ): Promise<Answer> {
    const asked = new AbortController();
    const answer = await request(new URL(path, this.cluster.gateway.url), {
      headers,
      signal: asked.signal,
      ...(body === undefined ? {} : { method: 'POST', body }),
    });
    const type = String(answer.headers['content-type'] ?? '').replace(/;.*/, '');
    const end = type === 'text/event-stream' ? '\n\n' : '\n';
    const chunks: Buffer[] = [];
    const isCut = until !== 'end' && answer.statusCode === 200;
    try {
      if (isCut && until === 'headers') return { status: answer.statusCode, type, body: Buffer.alloc(0) };
      for await (const chunk of answer.body) {
        chunks.push(chunk as Buffer);
        if (isCut && /line \d/.test(String(Buffer.concat(chunks)))) break;
      }
    } finally {
      asked.abort();
    }
    const all = Buffer.concat(chunks);
    const whole = isCut ? all.subarray(0, all.lastIndexOf(end) + end.length) : all;
    return { status: answer.statusCode, type, body: whole };
  }

  async #write(): Promise<void> {
    for (const task of [this.#task, this.#podTask]) {
      writeFileSync(join(this.#sandboxOf(task), 'stdout'), 'line 1\nline 2\n');
      for (const line of ['line 1', 'line 2']) this.node.journal.task(task, line, 'STDOUT', Date.now() - 1_000);
    }
    this.node.journal.service('dcos-mesos-slave.service', 'mesos-agent', 'line 3', 'stdout', Date.now() - 1_000);
    const known = async () => (await this.cluster.get('/system/v1/logs/v1/range/task/app.1')).status === 200;
    await untilTrue(known);
    const leads = async () => (await this.cluster.get('/system/v1/leader/marathon/logs/v1/range/')).status === 200;
    await untilTrue(leads);
  }

  #sandboxOf({ id, frameworkId, executorId, container }: SimulatedTask): string {
    const nested = container.parent === undefined ? {} : { task: id };
    const address = { framework: frameworkId, executor: executorId || id, container: containerIdOf(container) };
    return this.node.mesosAgent.sandbox({ ...address, ...nested });
  }
}

/** @throws Error after 10 s */
async function untilTrue(holds: () => Promise<boolean>): Promise<void> {
  const until = performance.now() + 10_000;
  while (!(await holds())) {
    if (performance.now() > until) throw new Error('waited 10 s for the cluster to know its tasks and leaders');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
