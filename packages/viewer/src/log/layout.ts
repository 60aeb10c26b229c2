import { wrap } from '../people/preferences.ts';
import type { Layout } from './row-height.ts';

/** Of a line of the log and of one of its characters, in pixels (style/log.css). */
const [line, character] = [18, 7.3];
/** What stands before the message, in characters. */
const before = 34;
const leastColumns = 20;

let known: { readonly width: number; readonly wraps: boolean; readonly layout: Layout } | undefined;

/** How the log is laid out in a scroller of this width. */
export function measureLayout(scroller: HTMLElement | null): Layout {
  const width = scroller?.clientWidth ?? 1_000;
  const wraps = wrap.peek();
  if (known?.width === width && known.wraps === wraps) return known.layout;
  const layout = { columns: Math.max(leastColumns, Math.floor(width / character) - before), line, wraps };
  known = { width, wraps, layout };
  return layout;
}
