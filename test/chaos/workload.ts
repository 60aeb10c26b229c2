import type { Random } from '../fixtures/random.ts';
import type { ChaosCluster } from './chaos-cluster.ts';
import type { ChaosNode } from './chaos-node.ts';
import { NumberedLines } from './numbered-lines.ts';

/** Of its lines, those of the instances that move. */
const movingService = '/chaos/mobile';
/** Services with an instance on each node. */
const lastingServices = ['/chaos/web', '/chaos/worker'] as const;
const tick = 20;
/** Of a second that this process could not write in, so much is caught up with. */
const mostOwed = 0.2;

/** Tasks and components of all nodes, which write at a rate. */
export class Workload {
  readonly lines: NumberedLines[] = [];
  readonly services: readonly string[] = [...lastingServices, movingService];
  /** Those of tasks that run all the time. */
  readonly lasting: readonly NumberedLines[];
  /** Those, and components' lines: whoever ends is not waited for. */
  readonly staying: readonly NumberedLines[];
  readonly #cluster: ChaosCluster;
  readonly #random: Random;
  readonly #writers: { readonly node: ChaosNode; readonly lines: NumberedLines[] }[];
  readonly #rate: number;
  #moving: { readonly node: ChaosNode; readonly lines: NumberedLines } | undefined;
  #moves = 0;
  #owed = 0;
  #wroteAt = 0;
  #turn = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param rate of all lines together, a second */
  constructor(cluster: ChaosCluster, random: Random, rate: number) {
    this.#cluster = cluster;
    this.#random = random;
    this.#rate = rate;
    this.#writers = cluster.nodes.map((node) => ({
      node,
      lines: [
        new NumberedLines(`${node.name}/component`, node.name),
        ...lastingServices.map((service) => this.#launch(node, service, `${node.name}${service}`)),
      ],
    }));
    this.lines.push(...this.#writers.flatMap(({ lines }) => lines));
    this.staying = [...this.lines];
    this.lasting = this.lines.filter(({ task }) => task !== undefined);
    this.move();
  }

  start(): void {
    this.#wroteAt = performance.now();
    this.#timer = setInterval(() => this.#write(), tick);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Ends the instance of the service that moves, and starts another; only on nodes whose journal takes every line. */
  move(): void {
    const before = this.#moving;
    if (before !== undefined) {
      const writer = this.#writers.find(({ node }) => node === before.node);
      writer?.lines.splice(writer.lines.indexOf(before.lines), 1);
      if (before.lines.task !== undefined) this.#cluster.mesos.report(before.lines.task, 'TASK_FINISHED');
    }
    const sure = this.#writers.filter(({ node }) => node.journald === undefined);
    const { node, lines } = this.#random.pick(sure);
    const next = this.#launch(node, movingService, `${node.name}${movingService}-${this.#moves++}`);
    lines.push(next);
    this.lines.push(next);
    this.#moving = { node, lines: next };
  }

  #launch(node: ChaosNode, service: string, name: string): NumberedLines {
    const id = `${service.slice(1).replaceAll('/', '_')}.instance-${this.#random.uuid()}._app.1`;
    return new NumberedLines(name, node.name, { service, task: this.#cluster.launch(node, id) });
  }

  /** Node by node, and on each node its lines by turns. */
  #write(): void {
    const now = performance.now();
    this.#owed += this.#rate * Math.min(mostOwed, (now - this.#wroteAt) / 1_000);
    this.#wroteAt = now;
    for (; this.#owed >= 1; this.#owed--) {
      const turn = this.#turn++;
      const writer = this.#writers[turn % this.#writers.length];
      const lines = writer?.lines[Math.floor(turn / this.#writers.length) % writer.lines.length];
      if (writer !== undefined && lines !== undefined) writer.node.log.write(lines);
    }
  }
}
