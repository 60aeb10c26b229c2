import { randomUUID } from 'node:crypto';
import type { NodeJournal } from './node-journal.ts';
import type { SimulatedMesos, SimulatedTask } from './simulated-mesos.ts';

/** A node as the workload sees it. */
export interface WorkloadNode {
  readonly journal: NodeJournal;
  /** Its Mesos agent id. */
  readonly agentId: string;
}

/** Something that writes lines, `every` so many milliseconds, until it is removed. */
interface Writer {
  readonly every: number;
  next: number;
  write(at: number): void;
}

const PATHS = ['/', '/cart', '/cart/items', '/products/1042', '/products/2210', '/login', '/search?q=shoes', '/health'];
const CRASH_AFTER_MS = 90_000;
const RESTART_AFTER_MS = 3_000;
const HISTORY_MS = 5 * 60_000;
const TICK_MS = 50;

/**
 * The tasks of the dev cluster and the nodes' own daemons, logging in virtual time: first through the last five minutes in
 * one go, then along with the clock.
 */
export class Workload {
  readonly #mesos: SimulatedMesos;
  readonly #nodes: readonly WorkloadNode[];
  readonly #frameworkId: string;
  readonly #writers = new Set<Writer>();
  #time: number;
  #timer: NodeJS.Timeout | undefined;
  #counter = 0;

  constructor(mesos: SimulatedMesos, nodes: readonly WorkloadNode[]) {
    this.#mesos = mesos;
    this.#nodes = nodes;
    this.#time = Workload.historyStart();
    mesos.clock = () => this.#time / 1000;
    this.#frameworkId = mesos.addFramework('marathon', 'dcos_marathon').id;
  }

  /** When the history of a workload made now begins, in milliseconds since 1970. */
  static historyStart(): number {
    return Date.now() - HISTORY_MS;
  }

  /** Launches everything and writes the history. */
  begin(): void {
    for (const node of this.#nodes) this.#daemons(node);
    this.#frontend(this.#node(0));
    this.#report(this.#node(0));
    this.#cart(this.#node(1));
    this.#mailer(this.#node(2));
    this.#importer(1, 1, randomUUID());
    this.#advance(Date.now());
  }

  /** Goes on logging along with the clock. */
  start(): void {
    this.#timer = setInterval(() => this.#advance(Date.now()), TICK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** An ordinary app: an access log on stdout, now and then a warning on stderr. */
  #frontend({ agentId, journal }: WorkloadNode): void {
    const task = this.#mesos.launch({
      id: `web_frontend.instance-${randomUUID()}._app.1`,
      name: 'frontend.web',
      frameworkId: this.#frameworkId,
      agentId,
      labels: { team: 'red', HAPROXY_GROUP: 'external' },
    });
    this.#every(400, (at) => {
      const n = this.#counter++;
      const status = n % 29 === 0 ? 404 : 200;
      const path = PATHS[n % PATHS.length];
      journal.task(
        task,
        `10.0.${n % 7}.${n % 250} "GET ${path} HTTP/1.1" ${status} ${300 + (n % 900)} ${n % 40}ms`,
        'STDOUT',
        at,
      );
    });
    this.#every(7_000, (at) => {
      journal.task(task, `WARN upstream "cart" answered slowly: ${500 + (this.#counter % 700)}ms`, 'STDERR', at);
    });
  }

  /** A batch job that has finished. */
  #report({ agentId, journal }: WorkloadNode): void {
    const id = `batch_report.instance-${randomUUID()}._app.1`;
    const task = this.#mesos.launch({ id, name: 'report.batch', frameworkId: this.#frameworkId, agentId });
    let rows = 0;
    const writer = this.#every(1_500, (at) => {
      rows += 1_250;
      journal.task(task, `wrote ${rows} of 50000 rows`, 'STDOUT', at);
      if (rows < 50_000) return;
      journal.task(task, 'report.csv is complete', 'STDOUT', at);
      this.#writers.delete(writer);
      this.#mesos.report(task, 'TASK_FINISHED', 'Command exited with status 0');
    });
  }

  /** A pod with two containers. */
  #cart({ agentId, journal }: WorkloadNode): void {
    const instance = randomUUID();
    const options = { frameworkId: this.#frameworkId, agentId, executorId: `instance-shop_cart.${instance}` };
    const [web, sync] = this.#mesos.launchPod(options, `shop_cart.instance-${instance}`, ['web', 'sync']);
    if (web === undefined || sync === undefined) throw new Error('the pod has not two containers');
    this.#every(900, (at) => {
      const n = this.#counter++;
      const line = { level: 'info', msg: 'cart updated', cart: `c-${n % 500}`, items: n % 9, took_ms: n % 30 };
      journal.task(web, JSON.stringify(line), 'STDOUT', at);
    });
    this.#every(2_500, (at) => journal.task(sync, `synced ${this.#counter % 90} carts to the store`, 'STDOUT', at));
  }

  /** A task whose lines reach the journal through a stdout stream and carry nothing but its id. */
  #mailer({ agentId, journal }: WorkloadNode): void {
    const id = `legacy_mailer.instance-${randomUUID()}._app.1`;
    const task = this.#mesos.launch({ id, name: 'mailer.legacy', frameworkId: this.#frameworkId, agentId });
    this.#every(1_700, (at) => journal.taskStream(task, `mail ${this.#counter++} sent`, at));
  }

  /**
   * An app that crashes. Marathon (since 1.8) keeps the instance, and gives the task the next incarnation's id, wherever
   * it then runs.
   */
  #importer(nodeNumber: number, incarnation: number, instance: string): void {
    const { agentId, journal } = this.#node(nodeNumber);
    const task = this.#mesos.launch({
      id: `batch_importer.instance-${instance}._app.${incarnation}`,
      name: 'importer.batch',
      frameworkId: this.#frameworkId,
      agentId,
      labels: { team: 'blue' },
    });
    const crashAt = this.#time + CRASH_AFTER_MS;
    let files = 0;
    const writer = this.#every(800, (at) => {
      files++;
      journal.task(task, `imported file ${files}, heap ${40 + files * 4} MiB`, 'STDOUT', at);
      if (at < crashAt) return;
      this.#writers.delete(writer);
      this.#crash(task, journal, at);
      this.#after(RESTART_AFTER_MS, () => this.#importer(nodeNumber + 1, incarnation + 1, instance));
    });
  }

  #crash(task: SimulatedTask, journal: NodeJournal, at: number): void {
    journal.task(task, 'java.lang.OutOfMemoryError: Java heap space', 'STDERR', at);
    journal.task(task, '\tat com.example.importer.Batch.read(Batch.java:118)', 'STDERR', at);
    journal.task(task, '\tat com.example.importer.Main.main(Main.java:27)', 'STDERR', at);
    this.#mesos.report(task, 'TASK_FAILED', 'Command exited with status 1');
  }

  /** What a node logs without any task. */
  #daemons({ journal }: WorkloadNode): void {
    this.#every(10_000, (at) =>
      journal.service(
        'dcos-mesos-slave.service',
        'mesos-agent',
        'Current disk usage 31.07%. Max allowed age: 2.1 days',
        'stdout',
        at,
      ),
    );
    this.#every(17_000, (at) => {
      const port = 40_000 + (this.#counter++ % 20_000);
      journal.service('ssh.service', 'sshd', `Connection closed by 10.0.0.250 port ${port} [preauth]`, 'syslog', at);
    });
    this.#every(30_000, (at) => {
      journal.systemd('dcos-checks-api.service', 'Finished dcos-checks-api.service - Run the checks of the node.', at);
    });
    this.#every(41_000, (at) => journal.kernel('eth0: renamed from veth1c7e2a9', 6, at));
  }

  #every(every: number, write: (at: number) => void): Writer {
    // Writers begin apart from each other, so that not all of them write at the same instant.
    const writer = { every, next: this.#time + ((this.#writers.size * 137) % every), write };
    this.#writers.add(writer);
    return writer;
  }

  #after(delay: number, work: () => void): void {
    const writer = this.#every(delay, () => {
      this.#writers.delete(writer);
      work();
    });
    writer.next = this.#time + delay;
  }

  /** Lets everything write that is due until `until`, in the order of time. */
  #advance(until: number): void {
    for (;;) {
      let due: Writer | undefined;
      for (const writer of this.#writers) if (due === undefined || writer.next < due.next) due = writer;
      if (due === undefined || due.next > until) break;
      this.#time = due.next;
      due.next += due.every;
      due.write(this.#time);
    }
    this.#time = until;
  }

  #node(number: number): WorkloadNode {
    const node = this.#nodes[number % this.#nodes.length];
    if (node === undefined) throw new Error('the cluster has no node');
    return node;
  }
}
