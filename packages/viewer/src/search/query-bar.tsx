import { useEffect } from 'preact/hooks';
import { KeepLine, KeepMenu } from '../keep/keep-menu.tsx';
import { addToLog as addKeeping } from '../keep/keep-view.ts';
import { kept } from '../people/kept.ts';
import { registerKey } from '../people/keys.ts';
import { Chips } from './chips.tsx';
import { addToLog } from './context.ts';
import { Facets } from './facets.tsx';
import { FindBox } from './find-box.tsx';
import { HistogramView } from './histogram.tsx';
import { histogramShown } from './histogram-data.ts';
import { QueryLine } from './query-line.tsx';
import { TimeMenu } from './time-menu.tsx';

const facetsShown = kept<boolean>('facets', false, (shown) => (typeof shown === 'boolean' ? shown : undefined));

addToLog();
addKeeping();

/** What is asked of the log: text, filters, time. */
export function QueryBar() {
  useEffect(
    () => registerKey({ key: 'F', label: 'Show or hide counts by field', group: 'Search', run: toggleFacets }),
    [],
  );
  return (
    <search class="query-bar">
      <div class="query-row">
        <TimeMenu />
        <QueryLine />
        <FindBox />
        <div class="query-panels">
          <button type="button" aria-pressed={histogramShown.value} title="Histogram (h)" onClick={toggleHistogram}>
            Histogram
          </button>
          <button type="button" aria-pressed={facetsShown.value} title="Counts by field (F)" onClick={toggleFacets}>
            Counts
          </button>
          <KeepMenu />
        </div>
      </div>
      <KeepLine />
      <Chips />
      <HistogramView />
      {facetsShown.value && <Facets />}
    </search>
  );
}

function toggleFacets(): void {
  facetsShown.value = !facetsShown.value;
}

function toggleHistogram(): void {
  histogramShown.value = !histogramShown.value;
}
