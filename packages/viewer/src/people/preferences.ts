import { signal } from '@preact/signals';

/** How times are shown. */
export const timeStyle = signal<'local' | 'utc' | 'relative'>('local');
/** Long lines go on in the next one. */
export const wrap = signal(true);
