import type { ClusterIndex } from './cluster-index.ts';
import { parseLargeJson } from './large-json.ts';
import { callV1, getAgents, type MasterRequester } from './master-request.ts';
import { RecordIODecoder } from './record-io.ts';
import { parseEvent, parseV1Agents } from './v1-events.ts';

/** What Mesos 1.12 announces; used until the master says otherwise. */
const HEARTBEAT_SECONDS = 15;
const MISSED_HEARTBEATS = 3;
/** SUBSCRIBED's tasks lie in `subscribed.get_state.get_tasks.tasks`, four objects and an array deep. */
const TASK_DEPTH = 5;

export interface SubscriptionOptions {
  readonly base: string;
  readonly via: MasterRequester;
  readonly index: ClusterIndex;
  /** Milliseconds between the lists of agents asked for beside the stream. */
  readonly agentsInterval: number;
  /** Called once the master's state is in the index. */
  readonly onSubscribed: () => void;
}

/**
 * Subscribes to a master and feeds the index until the stream breaks. Returns the reason it ended, once it had begun.
 * @throws what `callV1` throws when it does not begin
 */
export async function subscribe(options: SubscriptionOptions): Promise<string> {
  const ending = new AbortController();
  const signal = AbortSignal.any([options.via.signal, ending.signal]);
  const via = { ...options.via, signal };
  const { body } = await callV1(options.base, 'SUBSCRIBE', via);
  const watchdog = new Watchdog(HEARTBEAT_SECONDS, (reason) => ending.abort(new Error(reason)));
  let agentsTimer: NodeJS.Timeout | undefined;
  const decoder = new RecordIODecoder();
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      watchdog.heard();
      for (const record of decoder.push(chunk)) {
        const event = parseEvent(await parseLargeJson(record, TASK_DEPTH));
        if (event === undefined) continue;
        if (event.type !== 'SUBSCRIBED') {
          options.index.applyEvent(event);
          continue;
        }
        watchdog.expectEvery(event.heartbeatSeconds ?? HEARTBEAT_SECONDS);
        options.index.applySnapshot(event.snapshot, options.base, 'subscribe');
        options.onSubscribed();
        agentsTimer ??= watchAgents(options, via);
      }
    }
    return decoder.insideRecord ? 'the event stream ended inside a record' : 'the master ended the event stream';
  } catch (error) {
    return ending.signal.aborted ? String(ending.signal.reason.message) : `the event stream broke: ${messageOf(error)}`;
  } finally {
    watchdog.stop();
    clearInterval(agentsTimer);
    ending.abort();
    body.destroy();
  }
}

/** Asks for the agents now and then: the stream is silent about those that become unreachable or are marked gone. */
function watchAgents({ base, index, agentsInterval }: SubscriptionOptions, via: MasterRequester): NodeJS.Timeout {
  let asking = false;
  const ask = async () => {
    if (asking) return;
    asking = true;
    const askedAt = Date.now();
    try {
      const list = await getAgents(base, via);
      if (!via.signal.aborted) index.applyAgents(parseV1Agents(list), askedAt);
    } catch {
      // The stream is what tells whether the master is lost; a list missed is asked for again.
    } finally {
      asking = false;
    }
  };
  return setInterval(ask, agentsInterval);
}

/** Calls `expired` when nothing was heard for three heartbeats. */
class Watchdog {
  readonly #expired: (reason: string) => void;
  #seconds: number;
  #timer: NodeJS.Timeout;
  #silent = false;

  constructor(seconds: number, expired: (reason: string) => void) {
    this.#seconds = seconds;
    this.#expired = expired;
    this.#timer = this.#start();
  }

  expectEvery(seconds: number): void {
    this.#seconds = Math.min(Math.max(seconds, 0.01), 300);
    this.stop();
    this.#timer = this.#start();
  }

  heard(): void {
    this.#silent = false;
    this.#timer.refresh();
  }

  stop(): void {
    this.#silent = false;
    clearTimeout(this.#timer);
  }

  #start(): NodeJS.Timeout {
    const limit = this.#seconds * MISSED_HEARTBEATS;
    return setTimeout(() => {
      this.#silent = true;
      // After a long stall of this process the heartbeats may lie unread in the socket: they are read before the check.
      setImmediate(() => {
        if (this.#silent) this.#expired(`nothing heard from the master for ${limit} s`);
      });
    }, limit * 1000);
  }
}

export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // undici's "other side closed" and Node's "connect ECONNREFUSED 127.0.0.1:5050" carry their facts in the message;
  // an AggregateError of several addresses has an empty one.
  const code = (error as NodeJS.ErrnoException).code;
  return error.message || code || error.name;
}
