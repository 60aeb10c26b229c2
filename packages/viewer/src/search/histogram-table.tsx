import { type Bar, bands } from './histogram-shape.ts';
import { readable } from './time-range.ts';

interface HistogramTableProps {
  readonly bars: readonly Bar[];
  readonly zone: 'utc' | 'local';
  readonly onSeek: (bar: Bar) => void;
}

/** The histogram in words, for those to whom bars say nothing. */
export function HistogramTable({ bars, zone, onSeek }: HistogramTableProps) {
  return (
    <details class="histogram-table">
      <summary>As a table</summary>
      <div class="histogram-scroller">
        <table>
          <caption class="unseen">Entries by time and severity</caption>
          <thead>
            <tr>
              <th scope="col">From</th>
              {bands.map(({ name, label }) => (
                <th key={name} scope="col">
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {bars
              .filter(({ entries }) => entries > 0)
              .map((bar) => (
                <tr key={bar.from}>
                  <th scope="row">
                    <button type="button" class="quiet" onClick={() => onSeek(bar)}>
                      {readable(bar.from, zone)}
                    </button>
                  </th>
                  {bands.map(({ name }, index) => (
                    <td key={name}>{(bar.counts[index] ?? 0).toLocaleString('en')}</td>
                  ))}
                </tr>
              ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
