// Follows a cluster's log into a file, every entry once, whatever is killed in between:
//
//   TOKEN=… node follow.ts http://127.0.0.1:8080 entries.ndjson 'service=/team-a/web&priority=warning'
//
// The file is its own memory: each line carries the cursor to resume after it, and a line that was cut is cut off.
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const [gateway = 'http://127.0.0.1:8080', path = 'entries.ndjson', query = ''] = process.argv.slice(2);
const file = openSync(path, 'a+');
process.on('exit', () => closeSync(file));

/** Cuts off an unfinished line and finds the cursor of the last whole one. */
function lastCursor(): string | undefined {
  const { size } = fstatSync(file);
  const start = Math.max(0, size - 64 * 1024 * 1024);
  const end = Buffer.alloc(size - start);
  readSync(file, end, 0, end.length, start);
  const whole = end.lastIndexOf('\n') + 1;
  ftruncateSync(file, start + whole);
  const line = end.subarray(end.lastIndexOf('\n', whole - 2) + 1, whole).toString();
  return line === '' ? undefined : JSON.parse(line).cursor;
}

for (let cursor = lastCursor(); ; await delay(500 + Math.random() * 1_000)) {
  const url = new URL(`/system/v1/logs/v3/follow?${query}`, gateway);
  if (cursor === undefined) url.searchParams.append('since', '-1h');
  else url.searchParams.append('cursor', cursor);
  const headers = { authorization: `Bearer ${process.env.TOKEN}`, accept: 'application/x-ndjson' };
  try {
    const answer = await fetch(url, { headers });
    if (answer.status >= 400 && answer.status < 500 && answer.status !== 429) throw new RangeError(await answer.text());
    if (!answer.ok || answer.body === null) continue;
    let rest = '';
    for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const item = JSON.parse(line);
        if (item.event === undefined) writeSync(file, `${line}\n`);
        else if (item.event !== 'checkpoint') console.error(line);
        cursor = item.cursor ?? cursor;
      }
    }
  } catch (error) {
    if (error instanceof RangeError) throw error;
    // Cut off, or not there now: the cursor knows where to go on.
  }
}
