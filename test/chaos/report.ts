import type { ChaosReport } from './chaos-run.ts';
import { faultCounts } from './fault-record.ts';
import type { Spread } from './process-record.ts';

/** The tables that a run prints. */
export function describeReport(report: ChaosReport): string {
  const { episodes, followers, stored, unstored, uses, pressure, silencesNamed, lossesNamed, faults } = report;
  const counts = faultCounts(episodes).sort((one, other) => (one.kind < other.kind ? -1 : 1));
  const all = counts.reduce((sum, { count }) => sum + count, 0);
  const seconds = (milliseconds: number) => `${(milliseconds / 1_000).toFixed(1)} s`;
  const byKind = Object.entries(Object.groupBy(followers, ({ kind }) => kind.name)).map(([kind, list = []]) => {
    const sum = (of: (follower: (typeof list)[number]) => number) =>
      list.reduce((total, follower) => total + of(follower), 0);
    const entries = sum((follower) => follower.entries);
    const connections = sum((follower) => follower.connections);
    const refused = sum(({ refusals }) => refusals.length);
    const gaps = sum(({ told }) => told.filter(({ event }) => event === 'gap').length);
    return [kind, list.length, entries.toLocaleString('en'), connections, refused, gaps].map(String);
  });
  return [
    table(
      ['fault', 'times', 'well again after: median', 'longest'],
      counts.map(({ kind, count, longest, median }) => [kind, String(count), seconds(median), seconds(longest)]),
    ),
    table(['followers', 'how many', 'entries', 'connections', 'refused', 'gaps told'], byKind),
    table(
      [
        'process',
        'lives',
        'longest, min',
        'MiB least/median/most',
        'an hour',
        'by quarters',
        'descriptors',
        'an hour',
        'journal files',
      ],
      uses.map(({ server, lives, minutes, memory, descriptors, journals }) => [
        server,
        String(lives),
        minutes.toFixed(1),
        spread(memory),
        signed(memory.slope),
        memory.quarters.map((value) => value.toFixed(0)).join(' / '),
        spread(descriptors),
        signed(descriptors.slope),
        spread(journals),
      ]),
    ),
    `${stored.toLocaleString('en')} lines in the journals (${unstored.toLocaleString('en')} that journald never stored), ` +
      `${all} faults in ${episodes.length} episodes, ` +
      `${silencesNamed} silences and ${lossesNamed} lines deleted unread named to those who followed`,
    pressure === undefined ? '' : `somebody waited for a processor in ${(100 * pressure).toFixed(0)} % of the time`,
    faults.length === 0
      ? 'nothing lost, nothing doubled, nothing out of place'
      : `${faults.length} FAULTS:\n${faults.slice(0, 60).join('\n')}`,
  ].join('\n\n');
}

function spread({ least, median, most }: Spread): string {
  return [least, median, most].map((value) => value.toFixed(0)).join(' / ');
}

function signed(value: number): string {
  return `${value >= 0 ? '+' : ''}${value.toFixed(0)}`;
}

/** As Markdown has it, so that it can be published as it is. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
