import { absoluteTime } from '@clusterlog/shared/v3/time';
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { go, view } from '../address/view.ts';
import { visibleRange } from '../log/index.ts';
import { announce } from '../people/announce.ts';
import { registerKey } from '../people/keys.ts';
import {
  counting,
  countingFailure,
  histogram,
  histogramShown,
  keepHistogram,
  type ShownHistogram,
} from './histogram-data.ts';
import { type Bar, bands, heights, rangeOfBars } from './histogram-shape.ts';
import { HistogramTable } from './histogram-table.tsx';
import { shownZone } from './time-menu.tsx';
import { endOf, readable } from './time-range.ts';

const height = 100;
/** Share of the height that the least bar has. */
const least = 0.04;
/** A pointer that has moved no further than this has not drawn over anything, in CSS pixels. */
const click = 4;

/** How many entries there are when, by severity: a click goes there, drawing over a piece of it shows only that. */
export function HistogramView() {
  useEffect(keepHistogram, []);
  useEffect(
    () =>
      registerKey({
        key: 'h',
        label: 'Show or hide the histogram',
        group: 'Search',
        run: () => {
          histogramShown.value = !histogramShown.value;
        },
      }),
    [],
  );
  const shown = histogram.value;
  if (!histogramShown.value) return null;
  return (
    <section class="histogram" aria-label="Entries by time" aria-busy={counting}>
      {shown === undefined ? <div class="histogram-bars" /> : <Bars shown={shown} />}
      {countingFailure.value !== undefined && <p class="histogram-failure">{countingFailure}</p>}
    </section>
  );
}

function Bars({ shown }: { readonly shown: ShownHistogram }) {
  const { bars } = shown;
  const area = useRef<HTMLDivElement>(null);
  /** The bar that is pointed at, or that the keys have gone to. */
  const at = useSignal<number | undefined>(undefined);
  /** Where drawing over began, as a bar and in CSS pixels. */
  const drag = useSignal<{ readonly bar: number; readonly x: number } | undefined>(undefined);
  const barAt = (event: PointerEvent): number => {
    const box = area.current?.getBoundingClientRect();
    if (box === undefined) return 0;
    const share = (event.clientX - box.left) / box.width;
    return Math.min(bars.length - 1, Math.max(0, Math.floor(share * bars.length)));
  };
  const release = (event: PointerEvent) => {
    const began = drag.peek();
    drag.value = undefined;
    if (began === undefined) return;
    const bar = barAt(event);
    if (Math.abs(event.clientX - began.x) <= click) seek(bars[bar]);
    else zoomTo(began.bar, bar);
  };
  const zoomTo = (one: number, other: number) => {
    // Other bars will stand there.
    at.value = undefined;
    zoom(rangeOfBars(bars, one, other));
  };
  useEffect(
    () =>
      registerKey({
        key: 'Escape',
        label: 'Leave off drawing over the histogram',
        group: 'Search',
        run: () => {
          const began = drag.peek() !== undefined;
          drag.value = undefined;
          return began;
        },
      }),
    [],
  );
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const now = at.peek() ?? bars.length - 1;
    if (step !== undefined) {
      if (event.shiftKey && drag.peek() === undefined) drag.value = { bar: now, x: Number.NEGATIVE_INFINITY };
      if (!event.shiftKey) drag.value = undefined;
      at.value = Math.min(bars.length - 1, Math.max(0, now + step));
    } else if (event.key === 'Home' || event.key === 'End') {
      at.value = event.key === 'Home' ? 0 : bars.length - 1;
    } else if (event.key === 'Enter' || event.key === ' ') {
      const began = drag.peek();
      drag.value = undefined;
      if (began === undefined) seek(bars[now]);
      else zoomTo(began.bar, now);
    } else return;
    event.preventDefault();
  };
  const greatest = Math.max(0, ...bars.map(({ entries }) => entries));
  const pointed = at.value === undefined ? undefined : bars[at.value];
  const zone = shownZone();
  const first = readable(shown.from, zone);
  const text = pointed === undefined ? summary(shown) : barText(pointed, zone);
  return (
    <>
      <div
        ref={area}
        class="histogram-bars"
        role="slider"
        tabIndex={0}
        aria-label="Time; Enter goes there, with Shift and arrows a range is chosen"
        aria-valuemin={0}
        aria-valuemax={Math.max(0, bars.length - 1)}
        aria-valuenow={at.value ?? Math.max(0, bars.length - 1)}
        aria-valuetext={text}
        onPointerMove={(event) => {
          at.value = barAt(event);
        }}
        onPointerLeave={() => {
          if (drag.peek() === undefined) at.value = undefined;
        }}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          area.current?.setPointerCapture(event.pointerId);
          drag.value = { bar: barAt(event), x: event.clientX };
        }}
        onPointerUp={release}
        onPointerCancel={() => {
          drag.value = undefined;
        }}
        onKeyDown={onKeyDown}
      >
        <svg viewBox={`0 0 ${bars.length} ${height}`} preserveAspectRatio="none" aria-hidden="true">
          <Drawn bars={bars} greatest={greatest} />
          {at.value !== undefined && <rect class="histogram-at" x={at.value} y={0} width={1} height={height} />}
          <Chosen began={drag.value?.bar} now={at.value} />
          <OnScreen shown={shown} />
        </svg>
      </div>
      <div class="histogram-line">
        <span>{first}</span>
        <output class="histogram-text">{text}</output>
        <span>{endOf(first, readable(shown.to, zone))}</span>
        {(view.value.since !== undefined || view.value.until !== undefined) && (
          <button type="button" class="quiet" onClick={() => go({ since: undefined, until: undefined })}>
            Reset time
          </button>
        )}
      </div>
      <HistogramTable bars={bars} zone={zone} onSeek={seek} />
    </>
  );
}

function Drawn({ bars, greatest }: { readonly bars: readonly Bar[]; readonly greatest: number }) {
  return bars.flatMap((bar, index) => {
    let top = height;
    return heights(bar, greatest, least).map((share, band) => {
      if (share === 0) return null;
      const size = share * height;
      top -= size;
      const { name } = bands[band] as (typeof bands)[number];
      return (
        <rect key={`${bar.from} ${name}`} class={`bar-${name}`} x={index + 0.08} y={top} width={0.84} height={size} />
      );
    });
  });
}

/** The piece that is being drawn over. */
function Chosen({ began, now }: { readonly began: number | undefined; readonly now: number | undefined }) {
  if (began === undefined || now === undefined || began === now) return null;
  const first = Math.min(began, now);
  return <rect class="histogram-chosen" x={first} y={0} width={Math.abs(now - began) + 1} height={height} />;
}

/** Where what is on the screen lies. */
function OnScreen({ shown: { from, to, bars } }: { readonly shown: ShownHistogram }) {
  const range = visibleRange.value;
  if (range === undefined || range.to < from || range.from > to) return null;
  const place = (time: number) => ((Math.min(Math.max(time, from), to) - from) / (to - from)) * bars.length;
  const x = place(range.from);
  return (
    <rect class="histogram-on-screen" x={x} y={height - 4} width={Math.max(0.4, place(range.to) - x)} height={4} />
  );
}

function seek(bar: Bar | undefined): void {
  if (bar === undefined) return;
  go({ at: absoluteTime(Math.max(0, bar.from - 1)) });
  announce(`Went to ${readable(bar.from, shownZone())}`);
}

function zoom(range: { readonly from: number; readonly to: number } | undefined): void {
  if (range === undefined) return;
  go({ since: absoluteTime(range.from), until: absoluteTime(range.to - 1), at: undefined });
  announce(`Showing ${readable(range.from, shownZone())} to ${readable(range.to, shownZone())}`);
}

function barText(bar: Bar, zone: 'utc' | 'local'): string {
  const counts = bands.flatMap(({ label }, index) => {
    const count = bar.counts[index] ?? 0;
    return count === 0 ? [] : [`${count.toLocaleString('en')} ${label}`];
  });
  const first = readable(bar.from, zone);
  return `${first} – ${endOf(first, readable(bar.to, zone))}: ${counts.length === 0 ? 'nothing' : counts.join(', ')}`;
}

function summary({ bars, isPartial, missing }: ShownHistogram): string {
  const entries = bars.reduce((sum, bar) => sum + bar.entries, 0);
  const errors = bars.reduce((sum, { counts }) => sum + (counts[0] ?? 0), 0);
  const nodes = missing === 0 ? '' : `, ${number(missing, 'node', 'nodes')} missing`;
  const all = `${number(entries, 'entry', 'entries')}, ${number(errors, 'error', 'errors')}`;
  return isPartial ? `at least ${all} (counted in part${nodes})` : all;
}

function number(count: number, one: string, several: string): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : several}`;
}
