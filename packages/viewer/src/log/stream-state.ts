import { signal } from '@preact/signals';

/** What the stream of new entries is doing; always on the page. */
export type StreamState =
  | { readonly state: 'idle' }
  /** The answer is awaited, or what was missed is being read. */
  | { readonly state: 'catching-up' }
  | { readonly state: 'live' }
  /** The connection was cut; it goes on behind the last entry. */
  | { readonly state: 'reconnecting'; readonly why: string; readonly attempt: number }
  /** Nothing more will come. */
  | { readonly state: 'ended'; readonly why: string };

export const streamState = signal<StreamState>({ state: 'idle' });
