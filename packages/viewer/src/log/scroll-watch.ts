import type { RefObject } from 'preact';
import { attached, following, leaveEnd, reachEnd, rows } from './log-state.ts';
import { loadNewer, loadOlder } from './reader.ts';
import type { RowsVirtualizer } from './virtual-rows.ts';

/** More is read when so few rows are left in a direction. */
const nearEnd = 80;
/** Pixels that still count as being at the end. */
const endTolerance = 4;
/** How long after the reader's hand has moved a scroll is his, in ms. */
const handTime = 600;

/**
 * Watches where the reader scrolls: away from the end he stops following, back at it he goes on; near the end of what is in
 * memory more is read.
 *
 * @param lastTop where the list stood last, in pixels: what puts it elsewhere without its reader says so here, so that the scroll
 * event that comes of it later is not taken for his
 * @returns to stop watching
 */
export function scrollWatch(
  scroller: HTMLElement | null,
  lastTop: RefObject<number>,
  virtualizer: RowsVirtualizer,
): (() => void) | undefined {
  if (scroller === null) return undefined;
  let touchedAt = Number.NEGATIVE_INFINITY;
  const touched = () => {
    touchedAt = performance.now();
  };
  const scrolled = () => {
    const { scrollTop, scrollHeight, clientHeight } = scroller;
    const before = lastTop.current ?? 0;
    const isUp = scrollTop < before;
    const isDown = scrollTop > before;
    lastTop.current = scrollTop;
    const isAtEnd = scrollHeight - clientHeight - scrollTop <= endTolerance;
    if (following.peek()) {
      if (isUp && !isAtEnd && performance.now() - touchedAt < handTime) leaveEnd();
    } else if (isDown && isAtEnd && attached.peek()) {
      reachEnd();
    }
    readMore(virtualizer);
  };
  const hand = ['wheel', 'touchmove', 'pointerdown', 'pointermove', 'keydown'] as const;
  for (const name of hand) scroller.addEventListener(name, touched, { passive: true });
  scroller.addEventListener('scroll', scrolled, { passive: true });
  // What stands above and below the log comes and goes.
  const resized = new ResizeObserver(() => {
    if (following.peek()) virtualizer.scrollToEnd();
  });
  resized.observe(scroller);
  // A way to the end that is still under way would go on without him.
  const left = following.subscribe((isFollowing) => {
    if (!isFollowing) virtualizer.cancelScroll();
  });
  return () => {
    left();
    resized.disconnect();
    for (const name of hand) scroller.removeEventListener(name, touched);
    scroller.removeEventListener('scroll', scrolled);
  };
}

/** Reads more where few rows are left. */
export function readMore({ range }: RowsVirtualizer): void {
  if (range === null) return;
  const { length } = rows.peek();
  // Of few rows that are very long the middle has to be far enough from either end.
  const near = Math.min(nearEnd, length / 4);
  if (range.startIndex < near) void loadOlder();
  else if (range.endIndex >= length - near) void loadNewer();
}
