// Forwards a cluster's log to an HTTP sink in batches. The cursor is stored only after the sink has said 2xx, so nothing is lost;
// a batch whose answer got lost is sent again, with other cursors: an entry is known by source.agent, boot_id,
// monotonic_timestamp and seqnum together.
//
//   TOKEN=… node forward.ts --gateway http://127.0.0.1:8080 --sink http://127.0.0.1:9880/ --state cursor --query 'priority=warning'
//
// --body ndjson (default: Vector), array (Fluent Bit, Logstash) or splunk (HEC; its token in $SINK_AUTHORIZATION).
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

interface Item {
  readonly event?: string;
  readonly cursor?: string;
  readonly realtime_timestamp: number;
  readonly source?: { readonly host?: string };
}

const { values: options } = parseArgs({
  options: {
    gateway: { type: 'string', default: 'http://127.0.0.1:8080' },
    sink: { type: 'string', default: 'http://127.0.0.1:9880/' },
    state: { type: 'string', default: 'cursor' },
    query: { type: 'string', default: '' },
    body: { type: 'string', default: 'ndjson' },
    /** Entries at most in a batch, milliseconds it waits to be filled, and milliseconds that the sink is waited for. */
    batch: { type: 'string', default: '500' },
    linger: { type: 'string', default: '1000' },
    patience: { type: 'string', default: '10000' },
  },
});
const batchSize = Number(options.batch);
const linger = Number(options.linger);

/** What the sink gets of a batch. */
function bodyOf(lines: readonly string[]): string {
  if (options.body === 'array') return `[${lines.join(',')}]`;
  if (options.body !== 'splunk') return `${lines.join('\n')}\n`;
  return lines
    .map((line) => {
      const entry = JSON.parse(line) as Item;
      return JSON.stringify({ time: entry.realtime_timestamp / 1e6, host: entry.source?.host, event: entry });
    })
    .join('\n');
}

/** Resolves when the sink has taken the batch: tries for ever while it may be the sink's fault. */
async function send(lines: readonly string[]): Promise<void> {
  const type = options.body === 'ndjson' ? 'application/x-ndjson' : 'application/json';
  const authorization = process.env.SINK_AUTHORIZATION;
  const headers = { 'content-type': type, ...(authorization === undefined ? {} : { authorization }) };
  for (let wait = 250; ; wait = Math.min(wait * 2, 10_000)) {
    let said: string;
    try {
      const signal = AbortSignal.timeout(Number(options.patience));
      const answer = await fetch(options.sink, { method: 'POST', headers, body: bodyOf(lines), signal });
      if (answer.ok) return void (await answer.body?.cancel());
      said = `${answer.status} ${(await answer.text()).slice(0, 200)}`;
      if (answer.status < 500 && ![408, 425, 429].includes(answer.status)) {
        throw new RangeError(`the sink refuses this batch: ${said}`);
      }
    } catch (error) {
      if (error instanceof RangeError) throw error;
      said = String(error);
    }
    console.error(`the sink did not take ${lines.length} entries, trying again in ${wait} ms: ${said}`);
    await delay(wait * (0.5 + Math.random()));
  }
}

/** On disk before it counts. */
function store(cursor: string): void {
  const file = openSync(`${options.state}.new`, 'w');
  writeSync(file, cursor);
  fsyncSync(file);
  closeSync(file);
  renameSync(`${options.state}.new`, options.state);
}

let cursor = existsSync(options.state) ? readFileSync(options.state, 'utf8') : undefined;
let batch: string[] = [];
let reached = cursor;
let stored = cursor;
let filledSince = 0;

/** Sends what has come; what comes meanwhile waits in the connection. */
async function flush(): Promise<void> {
  const [lines, upTo] = [batch, reached];
  batch = [];
  if (lines.length > 0) await send(lines);
  if (upTo !== undefined && upTo !== stored) store(upTo);
  stored = upTo;
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string | undefined> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  let reading = reader.read();
  for (;;) {
    const timer = delay(linger, undefined, { ref: false });
    const read = await Promise.race([reading, timer]);
    if (read === undefined) yield undefined;
    else if (read.done) return;
    else {
      const lines = (rest + read.value).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
      reading = reader.read();
    }
  }
}

for (; ; await delay(500 + Math.random() * 1_000)) {
  const url = new URL(`/system/v1/logs/v3/follow?${options.query}`, options.gateway);
  if (cursor === undefined) url.searchParams.append('since', '-1h');
  else url.searchParams.append('cursor', cursor);
  const headers = { authorization: `Bearer ${process.env.TOKEN}`, accept: 'application/x-ndjson' };
  try {
    const answer = await fetch(url, { headers });
    if (answer.status >= 400 && answer.status < 500 && answer.status !== 429) throw new RangeError(await answer.text());
    if (!answer.ok || answer.body === null) continue;
    for await (const line of linesOf(answer.body)) {
      if (line === undefined) {
        await flush();
        continue;
      }
      const item = JSON.parse(line) as Item;
      if (batch.length === 0) filledSince = performance.now();
      if (item.event === undefined) batch.push(line);
      else if (item.event !== 'checkpoint') console.error(line);
      reached = item.cursor ?? reached;
      if (batch.length >= batchSize || performance.now() - filledSince > linger) await flush();
    }
  } catch (error) {
    if (error instanceof RangeError) throw error;
    console.error(`cut off from the gateway: ${error}`);
  }
  await flush();
  cursor = reached;
}
