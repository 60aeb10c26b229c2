import { kept } from './kept.ts';

/** How times are shown. */
export const timeStyles = ['local', 'utc', 'relative'] as const;
export type TimeStyle = (typeof timeStyles)[number];

/** How times are shown. */
export const timeStyle = kept<TimeStyle>('time', 'local', (style) => timeStyles.find((known) => known === style));
/** Long lines go on in the next one. */
export const wrap = kept<boolean>('wrap', true, (wraps) => (typeof wraps === 'boolean' ? wraps : undefined));
