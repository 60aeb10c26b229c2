import type { SimulatedTask } from '../dev-cluster/simulated-mesos.ts';

export const componentUnit = 'counted.service';
export const componentIdentifier = 'counted';

/** Lines of ordinary length. */
const padding = 'GET /products/2210?page=3 200 1043 0.004 "Mozilla/5.0 (X11; Linux x86_64)" upstream=10.0.3.7:8080';

/** The lines of one task, or of one component of one node, counted from 0. */
export class NumberedLines {
  /** In no other line of the run, and without a blank. */
  readonly name: string;
  /** Name of the node that writes them. */
  readonly node: string;
  /** Path of the service that the task belongs to; a component's lines belong to none. */
  readonly service: string | undefined;
  readonly task: SimulatedTask | undefined;
  /** Number of the next line. */
  next = 0;

  constructor(name: string, node: string, of: { readonly service?: string; readonly task?: SimulatedTask } = {}) {
    this.name = name;
    this.node = node;
    this.service = of.service;
    this.task = of.task;
  }

  /** The next line. */
  line(): string {
    return `${this.name} ${this.next++} ${padding}`;
  }
}

/** Whose line it is, and its number; undefined for lines of others. */
export function parseNumbered(message: string): { readonly name: string; readonly serial: number } | undefined {
  const [name = '', serial = ''] = message.split(' ', 2);
  return /^\d+$/.test(serial) ? { name, serial: Number(serial) } : undefined;
}
