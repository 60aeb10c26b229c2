import { effect } from '@preact/signals';
import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { wrap } from '../people/preferences.ts';
import { keepAddress } from './address-of-place.ts';
import { EmptyLog } from './empty-log.tsx';
import { layoutAt } from './layout.ts';
import { logKeys } from './log-keys.ts';
import { LogRow } from './log-row.tsx';
import { following, loading, place, rows } from './log-state.ts';
import { openWhenViewChanges } from './open-view.ts';
import { expectedHeight } from './row-height.ts';
import { scrollWatch } from './scroll-watch.ts';
import { StateLine } from './state-line.tsx';
import { openRows } from './unfolded.ts';
import { useVirtualRows } from './virtual-rows.ts';
import { tellVisible } from './visible-range.ts';

/** Of the log until it is known, in pixels. */
const usualWidth = 1_000;

/** The entries: what is in memory of them is scrolled, what is on the screen is drawn. */
export function Log() {
  const scroller = useRef<HTMLDivElement | null>(null);
  const shown = rows.value;
  const layout = useRef(layoutAt(usualWidth));
  const lastTop = useRef(0);
  const keyOf = useMemo(() => (index: number) => shown[index]?.key ?? '', [shown]);
  const heightOf = (index: number) => {
    const row = shown[index];
    return row === undefined ? 0 : expectedHeight(row, openRows.peek().has(row.key), layout.current);
  };
  const virtualizer = useVirtualRows({
    scroller,
    onPlaced: (top) => {
      lastTop.current = top;
    },
    count: shown.length,
    keyOf,
    keepsEnd: following.value,
    heightOf,
  });
  layout.current = layoutAt(virtualizer.scrollRect?.width ?? usualWidth);
  const items = virtualizer.getVirtualItems();
  const [first] = items;

  useLayoutEffect(() => effect(openWhenViewChanges), []);
  useLayoutEffect(() => scrollWatch(scroller.current, lastTop, virtualizer), []);
  useLayoutEffect(() => logKeys(scroller.current, virtualizer), []);

  // The list goes where it is to stand as soon as that row is there.
  const wanted = place.value;
  const reached = useRef<typeof wanted>(undefined);
  useLayoutEffect(() => {
    if (shown.length === 0 || reached.current === wanted) return;
    reached.current = wanted;
    if (wanted.key === undefined) return;
    const index = shown.findIndex(({ key }) => key === wanted.key);
    if (index < 0) return;
    // Of what is higher than the screen the beginning is seen.
    const isHigher = heightOf(index) > (scroller.current?.clientHeight ?? 0);
    virtualizer.scrollToIndex(index, { align: isHigher ? 'start' : wanted.nearest ? 'auto' : 'center' });
  }, [shown, wanted]);
  const isFollowing = following.value;
  useLayoutEffect(() => {
    if (isFollowing) virtualizer.scrollToEnd();
  }, [shown, isFollowing, wrap.value]);
  useLayoutEffect(() => {
    tellVisible(virtualizer, shown);
    keepAddress();
  });

  return (
    <section class={wrap.value ? 'log wraps' : 'log'} role="log" aria-live="off" aria-label="Log">
      {/* biome-ignore lint/a11y/useAriaPropsSupportedByRole: feeds and groups have names */}
      <div
        ref={scroller}
        class="log-scroller"
        // A feed without articles is none.
        role={items.length === 0 ? 'group' : 'feed'}
        aria-label="Entries"
        aria-busy={loading.value !== undefined}
        tabIndex={0}
      >
        <div class="log-rows" style={{ height: `${virtualizer.getTotalSize()}px` }}>
          <div class="log-drawn" style={{ transform: `translateY(${first?.start ?? 0}px)` }}>
            {items.map(({ index, key }) => (
              <LogRow key={key} index={index} rows={shown} measure={virtualizer.measureElement} />
            ))}
          </div>
        </div>
        {shown.length === 0 && <EmptyLog />}
      </div>
      <StateLine />
    </section>
  );
}
