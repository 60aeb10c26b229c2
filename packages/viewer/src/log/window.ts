import type { Entry } from '../api/entry.ts';
import type { Row } from './row.ts';

export interface WindowLimits {
  readonly mostRows: number;
  /** Characters. */
  readonly mostText: number;
}

export const usualLimits: WindowLimits = { mostRows: 5_000, mostText: 8 * 1024 * 1024 };

/** What remains when a limit is passed: dropping many at once costs less than a few again and again. */
const share = 0.8;

/**
 * The part of the log that is in memory: in the order of the log, each row once, and never more than the limits. What is added at
 * one end pushes out what is at the other; it is read again by its cursor when it is wanted.
 */
export class LogWindow {
  readonly #limits: WindowLimits;
  #rows: Row[] = [];
  #keys = new Set<string>();
  #text = 0;

  constructor(limits: WindowLimits = usualLimits) {
    this.#limits = limits;
  }

  /** The oldest first. */
  get rows(): readonly Row[] {
    return this.#rows;
  }

  /** Characters that its rows take. */
  get text(): number {
    return this.#text;
  }

  /** Whether rows can be added without dropping others. */
  hasRoomFor(rows: readonly Row[]): boolean {
    const text = rows.reduce((sum, { size }) => sum + size, this.#text);
    return this.#rows.length + rows.length <= this.#limits.mostRows && text <= this.#limits.mostText;
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  get oldest(): Entry | undefined {
    for (const row of this.#rows) if (row.kind === 'entry') return row.entry;
    return undefined;
  }

  get newest(): Entry | undefined {
    const row = this.#rows.findLast((row) => row.kind === 'entry');
    return row?.kind === 'entry' ? row.entry : undefined;
  }

  /**
   * Adds newer rows; those that are there already are left out.
   *
   * @returns how many of the oldest were dropped
   */
  append(rows: readonly Row[]): number {
    for (const row of this.#fresh(rows)) this.#rows.push(row);
    const end = this.#excess((at) => this.#rows[at] as Row);
    this.#forget(this.#rows.splice(0, end));
    return end;
  }

  /**
   * Adds older rows, the oldest first; those that are there already are left out.
   *
   * @returns how many of the newest were dropped
   */
  prepend(rows: readonly Row[]): number {
    this.#rows = [...this.#fresh(rows), ...this.#rows];
    const last = this.#rows.length - 1;
    const dropped = this.#excess((at) => this.#rows[last - at] as Row);
    this.#forget(this.#rows.splice(this.#rows.length - dropped, dropped));
    return dropped;
  }

  clear(): void {
    this.#rows = [];
    this.#keys = new Set();
    this.#text = 0;
  }

  #fresh(rows: readonly Row[]): Row[] {
    return rows.filter((row) => {
      if (this.#keys.has(row.key)) return false;
      this.#keys.add(row.key);
      this.#text += row.size;
      return true;
    });
  }

  /** How many rows have to go, taken one after another; one always stays. */
  #excess(next: (at: number) => Row): number {
    const { mostRows, mostText } = this.#limits;
    if (this.#rows.length <= mostRows && this.#text <= mostText) return 0;
    let rows = this.#rows.length;
    let text = this.#text;
    let count = 0;
    while (rows > 1 && (rows > mostRows * share || text > mostText * share)) {
      text -= next(count++).size;
      rows--;
    }
    return count;
  }

  #forget(rows: readonly Row[]): void {
    for (const { key, size } of rows) {
      this.#keys.delete(key);
      this.#text -= size;
    }
  }
}
