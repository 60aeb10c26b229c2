/**
 * The viewer under load in Chromium: a merged follow of many entries a second for minutes, and a service with a long past that is
 * opened and scrolled back. Prints what a reader would feel; ends with an error where it is beyond the goals.
 *
 *     npm run soak viewer [-- --minutes N --rate N --entries N]
 */
import { parseArgs } from 'node:util';
import { ViewerInBrowser } from '../browser/page.ts';
import { type Percentiles, percentiles } from '../browser/page-tasks.ts';
import { LongHistory, openHistory } from '../browser/viewer-history.ts';
import { followUnderLoad, heapGrowth } from '../browser/viewer-load.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    rate: { type: 'string', default: '2000' },
    entries: { type: 'string', default: '1000000' },
  },
});
const greatestInputDelay = 100;
const latestScreen = 500;
const openings = 7;
const greatestGrowth = 4 * 1024 * 1024;

const failures: string[] = [];
const say = (text: string) => process.stdout.write(`${text}\n`);
const times = ({ p50, p95, most }: Percentiles) =>
  `p50 ${p50.toFixed(1)}, p95 ${p95.toFixed(1)}, most ${most.toFixed(1)} ms`;
const mebibytes = (bytes: number) => (bytes / 1024 / 1024).toFixed(1);

{
  await using viewer = await ViewerInBrowser.start({ nodes: 3 });
  const seconds = Number(values.minutes) * 60;
  const figures = await followUnderLoad(viewer, { seconds, rate: Number(values.rate) });
  say(`merged follow, ${figures.entries.toLocaleString('en')} entries in ${figures.seconds.toFixed(0)} s`);
  say(`  key to its handler   ${times(figures.inputDelay)} (nothing coming: ${times(figures.idleInputDelay)})`);
  say(`  key to paint         ${times(figures.keyToPaint)}`);
  say(`  tasks, CPU time      ${times(figures.tasks)}`);
  say(`  page's thread        ${(100 * figures.processor).toFixed(0)} % of a processor`);
  say(`  heap after collection ${figures.heap.map(mebibytes).join(', ')} MiB`);
  say(`  rows drawn           ${figures.mostRowsDrawn} at most`);
  if (figures.inputDelay.p95 > greatestInputDelay) failures.push(`input delay p95 is beyond ${greatestInputDelay} ms`);
  if (heapGrowth(figures) > greatestGrowth) failures.push('the heap has grown');
  if (figures.written.some((written, instance) => figures.last.get(instance)?.at(-1) !== written - 1))
    failures.push('not all last entries are shown');
}
{
  await using history = await LongHistory.start(Number(values.entries));
  // The first finds gateway and agents cold, and tells what that costs; readers come and go all day.
  const shown: number[] = [];
  const busy: number[] = [];
  for (let opening = 1; opening < openings; opening++) {
    const { shownAfter, busyUntilShown } = await openHistory(history, { screens: 1 });
    shown.push(shownAfter);
    busy.push(busyUntilShown);
  }
  const figures = await openHistory(history, { screens: 20 });
  shown.push(figures.shownAfter);
  busy.push(figures.busyUntilShown);
  const lastScreen = percentiles(shown);
  say(`a service with ${history.entries.toLocaleString('en')} past entries`);
  say(
    `  last screen after    ${shown.map((after) => after.toFixed(0)).join(', ')} ms (page's thread busy: ${percentiles(busy).p50.toFixed(0)} ms)`,
  );
  say(`  20 screens back      ${times(figures.screens)} each; ${figures.emptyScreens} were empty for a moment`);
  say(`  tasks, CPU time      ${times(figures.tasks)}`);
  if (lastScreen.p50 > latestScreen) failures.push(`the last screen came later than after ${latestScreen} ms`);
}
if (failures.length > 0) {
  say(`FAILED: ${failures.join('; ')}`);
  process.exitCode = 1;
}
