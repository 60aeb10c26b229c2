import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import type { Cursor } from '@clusterlog/shared';
import type { CountOptions, Histogram, HistogramRange, ValueCounts } from '../counts.ts';
import { ChangePoll } from '../log/change-poll.ts';
import { countByTime, countValues } from '../log/count-entries.ts';
import { statusFor } from '../log/directory-scan.ts';
import { DirectoryWatch } from '../log/directory-watch.ts';
import type { Match } from '../match.ts';
import {
  type DirectoryStatus,
  type EntryWalk,
  type JournalSource,
  type JournalStatus,
  JournalUnavailableError,
} from '../source.ts';
import { JournalctlFollow } from './journalctl-follow.ts';
import { whyUnreadable } from './journalctl-probe.ts';
import { JournalctlWalk } from './journalctl-walk.ts';

/** How long a `journalctl --follow` stays that nobody waits for, in ms. */
const followLinger = 5_000;

/**
 * The same log as the native reader's, read by the installed journalctl: for formats of systemd that are newer than we
 * are, and as the measure in tests. Right rather than fast: every seek starts a process.
 */
export class JournalctlSource implements JournalSource {
  readonly kind = 'journalctl';
  readonly #watch: DirectoryWatch;
  readonly #poll: ChangePoll;
  readonly #follows = new Map<string, JournalctlFollow>();
  readonly #walks = new Set<JournalctlWalk>();
  /** By directory, the newest entry that a follow has seen. */
  readonly #newest = new Map<string, Cursor>();
  #statuses: readonly DirectoryStatus[] = [];
  /** Directories journalctl is to read: those given, and their namespaces' directories, which it leaves out. */
  #directories: readonly string[] = [];
  /** Settles when journalctl has been asked whether it can read all files there are now. */
  #probed = Promise.resolve();
  #incompatible = new Map<string, DirectoryStatus>();
  #files = 0;
  #version = 0;
  #lingering: NodeJS.Timeout | undefined;

  constructor(directories: readonly string[]) {
    this.#watch = new DirectoryWatch(directories);
    this.#poll = new ChangePoll({
      look: () => this.#follow(),
      end: () => {
        this.#lingering ??= setTimeout(() => void this.#unfollow(), followLinger).unref();
      },
    });
    this.#look();
  }

  walk(match: Match): EntryWalk {
    const walk: JournalctlWalk = new JournalctlWalk(
      {
        directories: () => this.#readable(),
        version: () => this.#version,
        newest: (directory) => this.#newest.get(directory),
        changed: (seen, signal) => this.#poll.changed(seen, match, signal),
        closed: () => this.#walks.delete(walk),
      },
      match,
    );
    this.#walks.add(walk);
    return walk;
  }

  async *distinctValues(field: string, match: Match, signal?: AbortSignal): AsyncGenerator<Buffer> {
    const delivered = new Set<string>();
    const walk = this.walk(match);
    try {
      for (let outcome = 'slice'; outcome !== 'end'; ) {
        signal?.throwIfAborted();
        const values: Buffer[] = [];
        outcome = await walk.read('forward', (entry) => {
          const view = { bytes: Buffer.alloc(0), start: 0, equals: 0, end: 0 };
          for (let index = 0; index < entry.itemCount; index++) {
            if (!entry.load(index, view) || view.bytes.toString('latin1', view.start, view.equals) !== field) continue;
            const value = view.bytes.subarray(view.equals + 1, view.end);
            const key = value.toString('latin1');
            if (!delivered.has(key)) values.push(Buffer.from(value));
            delivered.add(key);
          }
          return true;
        });
        yield* values;
      }
    } finally {
      walk.close();
    }
  }

  valueCounts(field: string, match: Match, options?: CountOptions): Promise<ValueCounts> {
    return countValues((within) => this.walk(within), field, match, options);
  }

  async histogram(match: Match, range: HistogramRange, options?: CountOptions): Promise<Histogram> {
    return countByTime((within) => this.walk(within), match, range, options);
  }

  status(): JournalStatus {
    this.#look();
    const damage = { data: 0, entries: 0, arrays: 0, files: 0 };
    return { kind: this.kind, directories: this.#statuses, files: this.#files, damage };
  }

  async close(): Promise<void> {
    this.#poll.stop(new Error('the journal was closed'));
    await Promise.all([...this.#walks].map((walk) => walk.end()));
    clearTimeout(this.#lingering);
    await this.#unfollow();
  }

  async #readable(): Promise<readonly string[]> {
    this.#look();
    await this.#probed;
    const barred = this.#statuses.filter(({ state }) => state === 'denied' || state === 'incompatible');
    if (barred.length > 0) throw new JournalUnavailableError(barred);
    return this.#directories;
  }

  #look(): void {
    if (!this.#watch.isScanDue()) return;
    const found = this.#watch.scan();
    const directories: string[] = [];
    this.#statuses = this.#watch.scans.map(({ status, files }) => {
      if (status.state !== 'readable') return status;
      const machines = new Set(files.map(({ path }) => dirname(path)));
      const namespaces = [...machines].filter((path) => path.slice(status.path.length).includes('.'));
      directories.push(status.path, ...namespaces);
      return this.#incompatible.get(status.path) ?? refusalAmong(status, files) ?? status;
    });
    if (directories.join('\n') !== this.#directories.join('\n')) this.#version++;
    this.#directories = directories;
    if (found.size !== this.#files) this.#probed = this.#probe();
    this.#files = found.size;
  }

  async #probe(): Promise<void> {
    const incompatible = new Map<string, DirectoryStatus>();
    for (const directory of this.#directories) {
      const reason = await whyUnreadable(directory);
      const given = this.#watch.directories.find((path) => directory.startsWith(path));
      if (reason !== undefined && given !== undefined) incompatible.set(given, { ...reason, path: given });
    }
    this.#incompatible = incompatible;
    this.#statuses = this.#statuses.map((status) => incompatible.get(status.path) ?? status);
  }

  #follow(): number {
    this.#look();
    clearTimeout(this.#lingering);
    this.#lingering = undefined;
    for (const directory of this.#directories) {
      if (this.#follows.has(directory)) continue;
      const follow = new JournalctlFollow(directory, (newest) => {
        if (newest !== undefined) this.#newest.set(directory, newest);
        this.#version++;
      });
      this.#follows.set(directory, follow);
    }
    return this.#version;
  }

  async #unfollow(): Promise<void> {
    this.#lingering = undefined;
    const follows = [...this.#follows.values()];
    this.#follows.clear();
    await Promise.all(follows.map((follow) => follow.close()));
  }
}

function refusalAmong(status: DirectoryStatus, files: readonly { path: string }[]): DirectoryStatus | undefined {
  for (const { path } of files) {
    try {
      accessSync(path, constants.R_OK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return statusFor(status.path, path, error);
    }
  }
  return undefined;
}
