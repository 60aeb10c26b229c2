import { presentationOf } from './presentation.ts';
import type { Row } from './row.ts';

export interface Layout {
  /** Characters that fit into a line of a message. */
  readonly columns: number;
  /** Of a line, in pixels. */
  readonly line: number;
  readonly wraps: boolean;
}

/** Of a row beside its lines, in pixels. */
const padding = 2;
const shortened = 2_000;
/** Of an open entry's details beside its fields, in pixels: buttons, and what the journal says of it. */
const detailsHeight = 150;

/** How high a row will be, about: once it is drawn, it is measured. */
export function expectedHeight(row: Row, isOpen: boolean, { columns, line, wraps }: Layout): number {
  if (row.kind === 'event') return line + padding;
  const { message } = presentationOf(row);
  const details = isOpen ? detailsHeight + line * Object.keys(row.entry.fields).length : 0;
  const end = message.indexOf('\n');
  const length = Math.min(end === -1 ? message.length : end, shortened);
  const lines = wraps ? Math.max(1, Math.ceil(length / columns)) : 1;
  return lines * line + padding + details;
}
