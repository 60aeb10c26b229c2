import { randomUUID } from 'node:crypto';
import { JournalDirectoryWriter } from '../fixtures/journal-writer/journal-directory-writer.ts';
import type { Field } from '../fixtures/journal-writer/journal-writer.ts';
import { containerIdOf, type SimulatedTask } from './simulated-mesos.ts';

export interface NodeJournalOptions {
  /** Journal directory of the node; the files lie in its machine id's subdirectory. */
  readonly directory: string;
  readonly hostname: string;
  /** How long the node has been up when its first entry is written; default 1 hour. */
  readonly uptimeSeconds?: number;
  /** Milliseconds since 1970 of the first entry that will be written; default now. */
  readonly from?: number;
}

export type Stream = 'STDOUT' | 'STDERR';

/** The journal of one node of the dev cluster: real journal files, with entries as that node's journald would write them. */
export class NodeJournal {
  readonly directory: string;
  readonly hostname: string;
  readonly machineId = randomUUID().replaceAll('-', '');
  #bootId = randomUUID().replaceAll('-', '');
  readonly #writer: JournalDirectoryWriter;
  /** CLOCK_REALTIME at which the node booted, µs. */
  #bootedAt: number;
  /** How far the node's clock is ahead of this machine's, µs. */
  #ahead = 0;
  #last = 0;
  /** Of its first entry, µs. */
  #uptime: number;
  #slavePid = 1_100;

  constructor({ directory, hostname, uptimeSeconds = 3_600, from = Date.now() }: NodeJournalOptions) {
    this.directory = directory;
    this.hostname = hostname;
    this.#uptime = uptimeSeconds * 1_000_000;
    this.#bootedAt = from * 1000 - this.#uptime;
    this.#writer = new JournalDirectoryWriter({ directory, machineId: this.machineId, bootId: this.#bootId });
  }

  /** Of the boot that writes. */
  get bootId(): string {
    return this.#bootId;
  }

  /** The node is booted: what it writes from now on is of another boot. */
  reboot(): void {
    this.#bootId = randomUUID().replaceAll('-', '');
    this.#bootedAt = this.#last;
    this.#uptime = 0;
  }

  /** Sets the node's clock; its next entries may be older than those before. journald begins a new file when time goes back. */
  stepClock(milliseconds: number): void {
    const step = Math.round(milliseconds * 1000);
    this.#ahead += step;
    this.#bootedAt += step;
    this.#last += step;
    if (step < 0) this.#writer.rotate();
  }

  /** Archives the file being written and begins another; returns the archive's path. */
  rotate(): string {
    return this.#writer.rotate();
  }

  /** Where the files themselves lie. */
  get machineDirectory(): string {
    return this.#writer.machineDirectory;
  }

  /** Appends an entry with just these fields and the trusted ones every entry has. Returns its cursor. */
  append(fields: readonly Field[], at = Date.now()): string {
    // Entries of one journal are never older than those before them, and each has a time of its own.
    this.#last = Math.max(Math.round(at * 1000) + this.#ahead, this.#last + 1);
    // The first may be from long ago: the node was up by then.
    this.#bootedAt = Math.min(this.#bootedAt, this.#last - this.#uptime);
    const own: Field[] = [
      ['_MACHINE_ID', this.machineId],
      ['_HOSTNAME', this.hostname],
    ];
    return this.#writer.append({
      realtime: this.#last,
      monotonic: this.#last - this.#bootedAt,
      bootId: this.#bootId,
      fields: [...fields, ...own],
    });
  }

  /**
   * A line of a task, as DC/OS' journald container logger writes it: no priority, no task id; the trusted fields are those
   * of the logger process. A command task's labels become fields.
   */
  task(task: SimulatedTask, message: string, stream: Stream = 'STDOUT', at?: number): string {
    const executorId = task.executorId || task.id;
    const labels: Field[] =
      task.executorId === '' ? task.labels.map(({ key, value }) => [key.toUpperCase(), value] as const) : [];
    return this.append(
      [
        ...labels,
        ['FRAMEWORK_ID', task.frameworkId],
        ['EXECUTOR_ID', executorId],
        ['AGENT_ID', task.agentId],
        ['CONTAINER_ID', containerIdOf(task.container)],
        // The executor's name, or its id where it has none: the default executor of pods has none.
        ['SYSLOG_IDENTIFIER', task.executorId === '' ? `Command Executor (Task: ${task.id})` : executorId],
        ['STREAM', stream],
        ['MESSAGE', message],
        ['CODE_FILE', '../../dcos-mesos-modules/journald/journald.cpp'],
        ['CODE_LINE', '133'],
        ['CODE_FUNC', 'write'],
        ...process('mesos-journald-', '/opt/mesosphere/libexec/mesos/mesos-journald-logger', this.#slavePid + 40),
        ['_SYSTEMD_CGROUP', '/system.slice/dcos-mesos-slave.service'],
        ['_SYSTEMD_UNIT', 'dcos-mesos-slave.service'],
        ['_SYSTEMD_SLICE', 'system.slice'],
        ['_TRANSPORT', 'journal'],
      ],
      at,
    );
  }

  /** A line of a task whose output goes to journald's stdout socket under the task's id, and to no other field. */
  taskStream(task: SimulatedTask, message: string, at?: number): string {
    return this.append(
      [
        ['PRIORITY', '6'],
        ['SYSLOG_IDENTIFIER', task.id],
        ['MESSAGE', message],
        [
          '_STREAM_ID',
          containerIdOf(task.container)
            .replaceAll(/[^0-9a-f]/g, '')
            .slice(0, 32),
        ],
        ...process('sh', '/usr/bin/dash', this.#slavePid + 70),
        ['_SYSTEMD_CGROUP', '/system.slice/dcos-mesos-slave.service'],
        ['_SYSTEMD_UNIT', 'dcos-mesos-slave.service'],
        ['_SYSTEMD_SLICE', 'system.slice'],
        ['_TRANSPORT', 'stdout'],
      ],
      at,
    );
  }

  kernel(message: string, priority = 6, at?: number): string {
    return this.append(
      [
        ['PRIORITY', String(priority)],
        ['SYSLOG_FACILITY', '0'],
        ['SYSLOG_IDENTIFIER', 'kernel'],
        ['MESSAGE', message],
        ['_TRANSPORT', 'kernel'],
      ],
      at,
    );
  }

  /** A message of systemd itself about a unit. */
  systemd(unit: string, message: string, at?: number): string {
    return this.append(
      [
        ['PRIORITY', '6'],
        ['SYSLOG_FACILITY', '3'],
        ['SYSLOG_IDENTIFIER', 'systemd'],
        ['UNIT', unit],
        ['MESSAGE', message],
        ['CODE_FILE', 'src/core/job.c'],
        ['CODE_FUNC', 'job_emit_done_message'],
        ...process('systemd', '/usr/lib/systemd/systemd', 1),
        ['_SYSTEMD_CGROUP', '/init.scope'],
        ['_SYSTEMD_UNIT', 'init.scope'],
        ['_SYSTEMD_SLICE', '-.slice'],
        ['_TRANSPORT', 'journal'],
      ],
      at,
    );
  }

  /** A line of a service through syslog, as sshd writes, or through its standard output, as Mesos does. */
  service(unit: string, identifier: string, message: string, via: 'syslog' | 'stdout' = 'stdout', at?: number): string {
    const facility: Field[] =
      via === 'syslog'
        ? [
            ['SYSLOG_FACILITY', '10'],
            ['SYSLOG_PID', '931'],
          ]
        : [];
    return this.append(
      [
        ['PRIORITY', '6'],
        ...facility,
        ['SYSLOG_IDENTIFIER', identifier],
        ['MESSAGE', message],
        ...process(identifier.slice(0, 15), `/usr/sbin/${identifier}`, via === 'syslog' ? 931 : this.#slavePid),
        ['_SYSTEMD_CGROUP', `/system.slice/${unit}`],
        ['_SYSTEMD_UNIT', unit],
        ['_SYSTEMD_SLICE', 'system.slice'],
        ['_TRANSPORT', via],
      ],
      at,
    );
  }

  close(): void {
    this.#writer.close();
  }
}

/** The fields journald adds of the process that wrote. */
function process(comm: string, exe: string, pid: number): Field[] {
  return [
    ['_PID', String(pid)],
    ['_UID', '0'],
    ['_GID', '0'],
    ['_COMM', comm],
    ['_EXE', exe],
    ['_CMDLINE', exe],
    ['_CAP_EFFECTIVE', '1ffffffffff'],
  ];
}
