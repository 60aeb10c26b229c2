import { join } from 'node:path/posix';
import type { Readable } from 'node:stream';
import { type Authorization, fixedAuthorization } from '@clusterlog/shared/server';
import { Agent, type Dispatcher } from 'undici';
import { type AskedFile, type ListedFile, MesosFiles } from './mesos-files.ts';
import type { SandboxFile } from './sandbox-file.ts';
import type { GrantedSandbox } from './sandbox-path.ts';
import { SandboxRoot } from './sandbox-root.ts';

export interface SandboxesOptions {
  /** URL of this node's Mesos agent, without a path. */
  readonly mesosAgent: string;
  /** What the Mesos agent wants as `Authorization`. Default: nothing. */
  readonly credential?: Authorization | undefined;
  /** Connections to it, closed with the sandboxes. Default: those of an undici `Agent`. */
  readonly dispatcher?: Dispatcher | undefined;
  /** The agent id, where configuration says it. Default: asked from the Mesos agent. */
  readonly agentId?: string | undefined;
  /** The Mesos agent's `--work_dir`, where configuration says it. Default: asked. */
  readonly workDirectory?: string | undefined;
}

/** A granted sandbox, and on whose behalf the Mesos agent is asked. */
export interface SandboxRequest {
  readonly sandbox: GrantedSandbox;
  /** The caller's own `Authorization` for Mesos. Default: the node agent's. */
  readonly callerAuthorization?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The sandboxes of this node, through its Mesos agent, which knows them and who may read them. */
export class Sandboxes {
  readonly #dispatcher: Dispatcher;
  readonly #files: MesosFiles;
  readonly #root: SandboxRoot;
  readonly #credential: Authorization | undefined;

  constructor({ mesosAgent, credential, agentId, workDirectory, dispatcher = new Agent() }: SandboxesOptions) {
    this.#credential = credential;
    this.#dispatcher = dispatcher;
    this.#files = new MesosFiles(mesosAgent, dispatcher);
    this.#root = new SandboxRoot({ mesosAgent, agentId, workDirectory, dispatcher });
  }

  /** A file of a sandbox; it need not be there. */
  file(request: SandboxRequest, name: string): SandboxFile {
    return {
      size: (signal) => this.#ask(request, [name], signal, (file) => this.#files.size(file)),
      read: async (offset, length, signal) =>
        (await this.#ask(request, [name], signal, (file) => this.#files.read(file, offset, length))) ?? Buffer.alloc(0),
    };
  }

  /** What lies in a sandbox, under the names that the request's path has; undefined when it is not there. */
  async list(request: SandboxRequest): Promise<ListedFile[] | undefined> {
    const listed = await this.#ask(request, [], request.signal, (file) => this.#files.browse(file));
    const { framework, executor, container, task } = request.sandbox.path;
    const named = ['frameworks', framework, 'executors', executor, 'runs', container];
    const root = await this.#root.directory(this.#credentialOf(request));
    const there = join(root, ...request.sandbox.directory);
    const asked = join(root, ...named, ...(task === undefined ? [] : ['tasks', task]));
    return listed?.map((file) => ({
      ...file,
      path: file.path.startsWith(`${there}/`) ? asked + file.path.slice(there.length) : file.path,
    }));
  }

  /** A whole file; undefined when it is not there. */
  download(
    request: SandboxRequest,
    name: string,
  ): Promise<{ readonly bytes: Readable; readonly size: number | undefined } | undefined> {
    return this.#ask(request, [name], request.signal, (file) => this.#files.download(file));
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }

  #credentialOf({ callerAuthorization }: SandboxRequest): Authorization | undefined {
    return callerAuthorization === undefined ? this.#credential : fixedAuthorization(callerAuthorization);
  }

  /** Asks, and where nothing is found asks once more where the sandboxes are: the agent may have registered anew. */
  async #ask<Answer>(
    request: SandboxRequest,
    below: readonly string[],
    signal: AbortSignal | undefined,
    ask: (file: AskedFile) => Promise<Answer | undefined>,
  ): Promise<Answer | undefined> {
    const credential = this.#credentialOf(request);
    const asCaller = request.callerAuthorization !== undefined;
    const at = (root: string) =>
      ask({
        path: join(root, ...request.sandbox.directory, ...below),
        credential,
        asCaller,
        signal: signal ?? request.signal,
      });
    const root = await this.#root.directory(credential);
    const found = await at(root);
    if (found !== undefined) return found;
    const now = await this.#root.directory(credential, true);
    return now === root ? undefined : at(now);
  }
}
