import { wrap } from '../people/preferences.ts';
import type { Layout } from './row-height.ts';

/** Of a line of the log and of one of its characters, in pixels (style/log.css). */
const [line, character] = [18, 7.3];
/** What stands before the message, in characters. */
const before = 34;
const leastColumns = 20;

/** How the log is laid out in a scroller of this width, in pixels. Nothing is asked of the page: that would have it laid out. */
export function layoutAt(width: number): Layout {
  return { columns: Math.max(leastColumns, Math.floor(width / character) - before), line, wraps: wrap.peek() };
}
