/** A server-sent event. */
export interface EventMessage {
  readonly id: string | undefined;
  /** Undefined for plain messages. */
  readonly event: string | undefined;
  readonly data: string;
}

/** Characters of one event beyond which an answer is given up: the API sends none nearly as long. */
const longestEvent = 64 * 1024 * 1024;

/** Reads a stream of server-sent events (HTML standard, section 9.2.6) chunk by chunk. */
export class EventParser {
  readonly #onRetry: ((milliseconds: number) => void) | undefined;
  /** Of a line whose end has not come; chunks of a long one are joined once. */
  #begun: string[] = [];
  #size = 0;
  #id: string | undefined;
  #event: string | undefined;
  #data: string | undefined;

  constructor(onRetry?: (milliseconds: number) => void) {
    this.#onRetry = onRetry;
  }

  /** @returns the events that end in this chunk @throws Error when one does not end */
  feed(chunk: string): readonly EventMessage[] {
    this.#begun.push(chunk);
    this.#size += chunk.length;
    if (this.#size > longestEvent) throw new Error(`expected events of at most ${longestEvent} characters, found more`);
    if (!/[\r\n]/.test(chunk)) return [];
    // CR at the end may be the first half of CR LF.
    const lines = this.#begun.join('').split(/\r\n|\n|\r(?!$)/);
    const rest = lines.pop() ?? '';
    this.#begun = [rest];
    this.#size = rest.length + (this.#data?.length ?? 0);
    return lines.flatMap((line) => this.#read(line) ?? []);
  }

  #read(line: string): EventMessage | undefined {
    if (line === '') return this.#finish();
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (name === 'data') this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
    else if (name === 'event') this.#event = value;
    else if (name === 'id' && !value.includes('\0')) this.#id = value;
    else if (name === 'retry' && /^\d+$/.test(value)) this.#onRetry?.(Number(value));
    return undefined;
  }

  #finish(): EventMessage | undefined {
    const [id, event, data] = [this.#id, this.#event, this.#data];
    this.#id = this.#event = this.#data = undefined;
    return data === undefined ? undefined : { id, event: event || undefined, data };
  }
}
