/**
 * How fast is a whole journal answered, as JSON, as text and in export format? The node agent over HTTP beside `journalctl` and
 * systemd-journal-gatewayd, one after the other on the same generated journal (300,000 entries of 200 tasks in 4 files).
 * The agent's v3 answers stand beside those of v1, the line stream that a gateway merges among them. Each: the first answer
 * after the start, one more to warm up and check, then the best of five.
 *
 *     npm run bench range [-- --runs N] [-- --only agent,journalctl,gatewayd]
 */
import { parseArgs } from 'node:util';
import { type TaskJournal, taskJournal } from '@clusterlog/test/fixtures/task-journal';
import { type Run, timeProgram, timeRequest } from './answer.ts';
import { formatTable, writeResults } from './report.ts';
import { type Server, startAgent, startGatewayd } from './servers.ts';

type Format = 'json' | 'text' | 'export' | 'lines';

interface Contender {
  readonly name: string;
  readonly format: Format;
  open(journal: TaskJournal): Promise<{ answer(countLines: boolean): Promise<Run>; close(): Promise<void> }>;
}

interface Result {
  readonly name: string;
  readonly format: Format;
  readonly entries: number;
  readonly first: Run;
  readonly best: Run;
}

const accept: Record<Format, string> = {
  json: 'application/json',
  text: 'text/plain',
  export: 'application/vnd.fdo.journal',
  lines: 'application/vnd.clusterlog.lines',
};

const everything = '/v3/entries?limit=all';

function overHttp(
  name: string,
  format: Format,
  path: string,
  start: (directory: string) => Promise<Server>,
): Contender {
  return {
    name,
    format,
    async open(journal) {
      const server = await start(journal.directory);
      return {
        answer: (countLines) => timeRequest(`${server.origin}${path}`, accept[format], server.meter, countLines),
        close: () => server.stop(),
      };
    },
  };
}

function asProgram(format: Format, output: string): Contender {
  return {
    name: 'journalctl',
    format,
    async open(journal) {
      const args = ['--no-pager', '--quiet', `--output=${output}`, `--directory=${journal.directory}`];
      return { answer: (countLines) => timeProgram('journalctl', args, countLines), close: async () => {} };
    },
  };
}

/** Of the generated journal's entries, which have 19 fields besides the boot id, all text. */
function linesPerEntry(name: string, format: Format): number {
  if (format !== 'export') return 1;
  // Cursor, two times and boot id; the seqnum and its id as from systemd 254; an empty line.
  return 4 + (name === 'agent' ? 2 : 0) + 19 + 1;
}

const contenders: Contender[] = [
  overHttp('agent', 'json', '/v1/range/', startAgent),
  overHttp('agent v3', 'json', everything, startAgent),
  overHttp('agent v3', 'lines', everything, startAgent),
  asProgram('json', 'json'),
  overHttp('gatewayd', 'json', '/entries', startGatewayd),
  overHttp('agent', 'text', '/v1/range/', startAgent),
  overHttp('agent /entries', 'text', '/entries', startAgent),
  overHttp('agent v3', 'text', everything, startAgent),
  asProgram('text', 'short'),
  overHttp('gatewayd', 'text', '/entries', startGatewayd),
  overHttp('agent', 'export', '/entries', startAgent),
  asProgram('export', 'export'),
  overHttp('gatewayd', 'export', '/entries', startGatewayd),
];

async function measure(contender: Contender, journal: TaskJournal, runs: number): Promise<Result> {
  const { name, format } = contender;
  const opened = await contender.open(journal);
  try {
    const first = await opened.answer(false);
    const checked = await opened.answer(true);
    // Everything of v3 says at its end that it was everything.
    const expected = linesPerEntry(name, format) * journal.entries + (name === 'agent v3' ? 1 : 0);
    if (checked.lines !== expected) {
      throw new Error(`${name} answered ${checked.lines} lines of ${format}, expected ${expected}`);
    }
    let best = await opened.answer(false);
    for (let run = 1; run < runs; run++) {
      const next = await opened.answer(false);
      if (next.seconds < best.seconds) best = next;
    }
    return { name, format, entries: journal.entries, first, best };
  } finally {
    await opened.close();
  }
}

function ratio(results: readonly Result[], result: Result, peer: string): string {
  const other = results.find((one) => one.name === peer && one.format === result.format);
  return other === undefined ? '' : `${(other.best.seconds / result.best.seconds).toFixed(2)}`;
}

function row(results: readonly Result[], result: Result): string[] {
  const { name, format, entries, first, best } = result;
  return [
    name,
    format,
    Math.round(entries / best.seconds).toLocaleString('en'),
    (best.bytes / 1e6 / best.seconds).toFixed(1),
    best.seconds.toFixed(2),
    first.seconds.toFixed(2),
    best.cpuSeconds.toFixed(2),
    (best.peakRss / 2 ** 20).toFixed(0),
    ratio(results, result, 'gatewayd'),
    ratio(results, result, 'journalctl'),
  ];
}

const { values } = parseArgs({ options: { runs: { type: 'string' }, only: { type: 'string' } } });
const runs = Number(values.runs ?? 5);
if (!Number.isInteger(runs) || runs < 1) throw new RangeError(`--runs: expected a number from 1, found ${values.runs}`);
const only = values.only?.split(',');

process.stderr.write('Writing the journal (or finding it) ...\n');
const journal = taskJournal();
const results: Result[] = [];
for (const contender of contenders) {
  if (only !== undefined && !only.includes(contender.name)) continue;
  process.stderr.write(`Measuring ${contender.name}, ${contender.format} ...\n`);
  try {
    results.push(await measure(contender, journal, runs));
  } catch (error) {
    // The others are worth their numbers without this one.
    process.stderr.write(`${contender.name}, ${contender.format}: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}

const header = [
  'who',
  'format',
  'entries/s',
  'MB/s',
  'best s',
  'first s',
  'CPU s',
  'peak MiB',
  '× gatewayd',
  '× journalctl',
];
const table = formatTable(
  header,
  results.map((result) => row(results, result)),
);
process.stdout.write(
  `\n${journal.entries.toLocaleString('en')} entries, best of ${runs} after two warm-ups\n\n${table}\n\n`,
);
process.stdout.write(`Written to ${writeResults('range', { entries: journal.entries, runs, results })}\n`);
