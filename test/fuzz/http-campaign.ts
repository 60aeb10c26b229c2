import { RawExchange } from '../conformance/raw-exchange.ts';
import type { Run } from '../dev-cluster/service-process.ts';
import { type Outcome, problemsOf } from './http-judge.ts';
import { type FuzzedRoute, type FuzzRequest, requestOf } from './http-requests.ts';
import { type FuzzedServer, FuzzedWorld } from './http-world.ts';

export interface HttpCampaign {
  /** Of the first request; the others follow. */
  readonly seed: number;
  readonly count: number;
  readonly run: Run;
  /** Requests that are under way at once. */
  readonly concurrency?: number;
  /** Called after each request, with what there is of memory by then. */
  readonly progress?: (done: number, memory: () => readonly number[]) => void;
}

export interface HttpCampaignResult {
  readonly requests: number;
  /** Each with its seed and what was wrong. */
  readonly failures: readonly {
    readonly seed: number;
    readonly request: string;
    readonly problems: readonly string[];
  }[];
  /** How often each status was answered; 0: the connection was closed without an answer. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Routes there are, and those of them that never answered with a success, by server, method and path. */
  readonly routes: { readonly all: number; readonly silent: readonly string[] };
  /** Slowest head of an answer, in milliseconds. */
  readonly slowest: number;
  /** Descriptors more at the end than before the first request, for each process. */
  readonly descriptorsLeft: readonly number[];
  /** Follows, scans and merged answers still open at the end. */
  readonly openLeft: number;
  /** Resident memory of each process after a tenth of the requests and at the end, in bytes. */
  readonly memory: { readonly early: readonly number[]; readonly end: readonly number[] };
  /** Lines that the services logged as faults of their own. */
  readonly faults: readonly string[];
  readonly answersAtEnd: boolean;
}

/** Asks each route of a gateway and of a node agent valid, nearly valid and hostile things, and judges every answer. */
export async function runHttpCampaign(campaign: HttpCampaign): Promise<HttpCampaignResult> {
  const { seed: first, count, run, concurrency = 12, progress } = campaign;
  await using world = await FuzzedWorld.start(run);
  const [gateway, agent] = world.servers as [FuzzedServer, FuzzedServer];
  const failures: HttpCampaignResult['failures'][number][] = [];
  const statuses = new Map<number, number>();
  const nameOf = ({ name }: FuzzedServer, { method, path }: FuzzedRoute) => `${name} ${method} ${path}`;
  const silent = new Set(world.servers.flatMap((server) => server.routes.map((route) => nameOf(server, route))));
  const all = silent.size;
  const before = world.descriptors();
  let slowest = 0;
  let early: readonly number[] = [];
  let done = 0;
  let next = first;
  const work = async (): Promise<void> => {
    while (next < first + count) {
      const seed = next++;
      // Every sixth request is the agent's.
      const server = seed % 6 === 0 ? agent : gateway;
      const { route, request } = requestOf(seed, server.routes);
      const outcome = await askOnce(server.origin, request);
      const asked = { lines: request.lines, wasCut: request.cutAfter !== undefined };
      const problems = problemsOf(asked, outcome, server);
      if (problems.length > 0) failures.push({ seed, request: described(server, request, outcome), problems });
      statuses.set(outcome.status, (statuses.get(outcome.status) ?? 0) + 1);
      if (outcome.status >= 200 && outcome.status < 400) silent.delete(nameOf(server, route));
      slowest = Math.max(slowest, outcome.patience);
      done++;
      if (done === Math.ceil(count / 10)) early = world.memory();
      progress?.(done, () => world.memory());
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  const { descriptorsLeft, openLeft } = await settled(world, before);
  return {
    requests: done,
    failures,
    statuses,
    routes: { all, silent: [...silent] },
    slowest,
    descriptorsLeft,
    openLeft,
    memory: { early, end: world.memory() },
    faults: world.faults(),
    answersAtEnd: await world.answers(),
  };
}

/** Connections between the services are kept for a while, and one is open for the metrics themselves. */
export const keptDescriptors = 40;

/** Waits until what was open is closed, 20 s at most. */
async function settled(world: FuzzedWorld, before: readonly number[]) {
  const until = performance.now() + 20_000;
  for (;;) {
    const descriptorsLeft = world.descriptors().map((count, index) => count - (before[index] ?? 0));
    const openLeft = await world.open();
    const isSettled = openLeft === 0 && descriptorsLeft.every((left) => left <= keptDescriptors);
    if (isSettled || performance.now() > until) return { descriptorsLeft, openLeft };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function askOnce(origin: string, { lines, body, cutAfter }: FuzzRequest): Promise<Outcome> {
  const started = performance.now();
  let exchange: RawExchange;
  try {
    exchange = await RawExchange.open({ origin, lines, body, interim: 'skip' });
  } catch {
    const patience = performance.now() - started;
    return { status: 0, headers: [], body: Buffer.alloc(0), end: undefined, surplus: 0, patience };
  }
  const patience = (exchange.arrivals[0] ?? started) - started;
  try {
    if (cutAfter === undefined) await exchange.until(({ end }) => end !== undefined, 'the end of an answer');
    else await pause(cutAfter);
  } catch {
    // What is missing of it is judged.
  } finally {
    exchange.close();
  }
  const { status, headers, body: answered, end, surplus } = exchange;
  return { status, headers, body: answered, end, surplus, patience };
}

/** At least until what has come already is read. */
function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => (milliseconds === 0 ? setImmediate(resolve) : setTimeout(resolve, milliseconds)));
}

function described(
  { name }: FuzzedServer,
  { lines, body, cutAfter }: FuzzRequest,
  { status, body: text }: Outcome,
): string {
  const short = (line: string) => (line.length > 300 ? `${line.slice(0, 300)}… (${line.length})` : line);
  const asked = lines.filter((line) => !line.startsWith('Authorization')).map(short);
  const more = [
    ...(body.length > 0 ? [`${body.length} bytes`] : []),
    ...(cutAfter === undefined ? [] : [`cut after ${cutAfter} ms`]),
  ];
  return `${name}: ${JSON.stringify([...asked, ...more])}\n    ${status} ${JSON.stringify(text.toString('latin1').slice(0, 400))}`;
}
