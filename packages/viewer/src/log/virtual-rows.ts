import {
  elementScroll,
  measureElement,
  observeElementOffset,
  observeElementRect,
  type Range,
  Virtualizer,
} from '@tanstack/virtual-core';
import type { RefObject } from 'preact';
import { useLayoutEffect, useReducer, useState } from 'preact/hooks';

export type RowsVirtualizer = Virtualizer<HTMLElement, HTMLElement>;

export interface VirtualRowsOptions {
  readonly scroller: RefObject<HTMLElement | null>;
  /** Told where the list was put, in pixels, when it was not its reader who scrolled. */
  readonly onPlaced: (top: number) => void;
  readonly count: number;
  /** The same function as long as the rows are the same. */
  readonly keyOf: (index: number) => string;
  /** Height of a row that was never measured, in pixels. */
  readonly heightOf: (index: number) => number;
  /** The last row stays at the end when rows change their height; otherwise the first one on the screen stays where it is. */
  readonly keepsEnd: boolean;
}

/** Rows drawn beyond what is seen, and at most. */
const beyond = 12;
const mostDrawn = 200;
/** A distance from the end that is never reached. */
const never = -1;
/** Heights of rows that are gone are forgotten when there are so many. */
const mostHeights = 7_500;

/**
 * Which rows are drawn, and where: their heights are measured, and the first one on the screen stays where it is when others are
 * added or dropped above it.
 */
export function useVirtualRows({
  scroller,
  onPlaced,
  count,
  keyOf,
  heightOf,
  keepsEnd,
}: VirtualRowsOptions): RowsVirtualizer {
  const [, redraw] = useReducer((drawn: number) => drawn + 1, 0);
  const options = {
    count,
    getScrollElement: () => scroller.current,
    estimateSize: heightOf,
    getItemKey: keyOf,
    observeElementRect,
    observeElementOffset,
    measureElement,
    scrollToFn: (...scroll: Parameters<typeof elementScroll<HTMLElement>>) => {
      elementScroll(...scroll);
      onPlaced(scroller.current?.scrollTop ?? 0);
    },
    anchorTo: 'end' as const,
    scrollEndThreshold: keepsEnd ? 1 : never,
    overscan: beyond,
    rangeExtractor,
    onChange: redraw as () => void,
  };
  const [virtualizer] = useState(() => new Virtualizer<HTMLElement, HTMLElement>(options));
  forgetHeights(virtualizer, count, keyOf);
  virtualizer.setOptions(options);
  useLayoutEffect(() => virtualizer._didMount(), []);
  useLayoutEffect(() => virtualizer._willUpdate());
  return virtualizer;
}

function rangeExtractor({ startIndex, endIndex, overscan, count }: Range): number[] {
  const first = Math.max(0, startIndex - overscan);
  const last = Math.min(count - 1, endIndex + overscan, first + mostDrawn - 1);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at);
}

function forgetHeights({ itemSizeCache }: RowsVirtualizer, count: number, keyOf: (index: number) => string): void {
  if (itemSizeCache.size <= mostHeights) return;
  const there = new Set(Array.from({ length: count }, (_, index) => keyOf(index)));
  for (const key of itemSizeCache.keys()) if (!there.has(String(key))) itemSizeCache.delete(key);
}
