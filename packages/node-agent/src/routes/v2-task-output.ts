import { CodedError } from '@clusterlog/shared';
import type { FastifyRequest } from 'fastify';
import { encoderFor } from '../encode/encoder.ts';
import { FileEventEncoder } from '../encode/file-event-encoder.ts';
import { MessageEncoder } from '../encode/message-encoder.ts';
import type { SandboxFile } from '../files/sandbox-file.ts';
import type { Match } from '../journal/match.ts';
import type { EntryWalk } from '../journal/source.ts';
import type { ByteStream } from '../read/byte-stream.ts';
import { follow } from '../read/follow.ts';
import { followEither } from '../read/follow-either.ts';
import { followFile } from '../read/follow-file.ts';
import { readFile } from '../read/read-file.ts';
import { readRange } from '../read/read-range.ts';
import { journalShown } from '../read/redacted-journal.ts';
import { withheldFields } from '../read/scope-match.ts';
import type { V2FilePlan } from '../read/v2-file-plan.ts';
import { chooseSource, type V2FileSource } from '../read/v2-file-source.ts';
import { fileStart } from '../read/v2-file-start.ts';
import { hasEntries, outputMatch, seekOutput } from '../read/v2-output.ts';
import { counted } from './counted-encoder.ts';
import { fileFields, type GrantedRequest, noFilesOf, type TaskFileContext } from './v2-task-context.ts';

/** The DC/OS CLI reads events into a buffer of 64 KiB: at a longer one it connects again and again, for ever. */
const longestEvent = 65_535;

const noFile = { size: async () => undefined };

export interface NamedOutput extends GrantedRequest {
  /** Of the file: `stdout`, `stderr`, or another. */
  readonly name: string;
}

/** One of a task's outputs, wherever it is. */
export class TaskOutput {
  readonly #context: TaskFileContext;
  readonly #request: FastifyRequest;
  readonly #named: NamedOutput;
  readonly #match: Match | undefined;
  readonly #file: SandboxFile;

  constructor(context: TaskFileContext, request: FastifyRequest, named: NamedOutput) {
    this.#context = context;
    this.#request = request;
    this.#named = named;
    this.#match = outputMatch(request.scope, named.sandbox, named.name);
    this.#file = context.sandboxes.file(named, named.name);
  }

  /** @throws CodedError `forbidden` when it is not in the journal and files are not shown */
  async choose(plan: V2FilePlan): Promise<V2FileSource> {
    const inJournal = this.#match === undefined ? undefined : () => this.#isInJournal();
    const { showsFiles, sandbox } = this.#named;
    const source = await chooseSource(plan, showsFiles ? this.#file : noFile, inJournal);
    if (!showsFiles && source.kind !== 'journal') throw noFilesOf(sandbox.path);
    return source;
  }

  /** What there is of it now. */
  async read(plan: V2FilePlan, source: V2FileSource): Promise<ByteStream> {
    const { signal } = this.#named;
    const { limit } = plan;
    if (source.kind === 'journal') {
      const lines = new MessageEncoder({ withheld: withheldFields(this.#request.scope), cache: this.#context.cache });
      const walk = await this.#walk(plan);
      return readRange(walk, counted(lines, this.#context, this.#request), { limit, signal });
    }
    const end = source.kind === 'file' ? source.size : 0;
    return readFile(this.#file, { start: await this.#startInFile(plan, end), end, limit, signal });
  }

  /** The same and all that comes, as events. */
  async follow(plan: V2FilePlan, source: V2FileSource): Promise<ByteStream> {
    const { signal } = this.#named;
    if (source.kind === 'journal') return this.#followJournal(await this.#walk(plan));
    if (source.kind === 'file') return this.#followFile(await this.#startInFile(plan, source.size));
    // What there will be came later than any position that was asked for.
    return followEither({
      isInFile: async (aborted) => ((await this.#file.size(aborted)) ?? 0) > 0,
      isInJournal: async () => !plan.resumed && (await this.#isInJournal()),
      file: () => this.#followFile(0),
      journal: async () => this.#followJournal(await this.#walk({ ...plan, origin: 0, skip: 0 })),
      signal,
    });
  }

  #followFile(start: number): ByteStream {
    const { name, sandbox, signal } = this.#named;
    const withheld = withheldFields(this.#request.scope);
    const events = new FileEventEncoder(fileFields(this.#context.agentId(), sandbox, name), { withheld, longestEvent });
    const onCut = (offset: number) =>
      this.#request.log.info(
        { offset },
        'the file became shorter than what was read: reading goes on at its beginning',
      );
    return followFile(this.#file, events, { start, onCut, signal });
  }

  #followJournal(walk: EntryWalk): ByteStream {
    const withheld = withheldFields(this.#request.scope);
    const events = encoderFor('sse', 'stream', { withheld, cache: this.#context.cache, longestLine: longestEvent });
    const { onNews } = this.#context;
    return follow(walk, counted(events, this.#context, this.#request), { onNews, signal: this.#named.signal });
  }

  #startInFile(plan: V2FilePlan, size: number): Promise<number> {
    const { origin } = plan;
    if (typeof origin === 'object') throw new CodedError('internal', {});
    return fileStart(this.#file, { ...plan, origin }, size, this.#named.signal);
  }

  async #walk(plan: V2FilePlan): Promise<EntryWalk> {
    const walk = this.#openWalk();
    try {
      if ((await seekOutput(walk, plan)) === 'nearest') {
        this.#request.log.info(
          { cursor: 'nearest' },
          'the entry of the cursor is gone: reading goes on at the next one',
        );
      }
      return walk;
    } catch (error) {
      walk.close();
      throw error;
    }
  }

  async #isInJournal(): Promise<boolean> {
    if (this.#match === undefined) return false;
    const walk = this.#openWalk();
    try {
      return await hasEntries(walk);
    } finally {
      walk.close();
    }
  }

  #openWalk(): EntryWalk {
    if (this.#match === undefined) throw new CodedError('internal', {});
    return journalShown(this.#context.journal, this.#request.scope).walk(this.#match);
  }
}
