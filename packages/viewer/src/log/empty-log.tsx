import { failure, loading } from './log-state.ts';
import { streamState } from './stream-state.ts';

/** What is said in place of entries. */
export function EmptyLog() {
  if (failure.value !== undefined) return <p class="log-empty log-failure">{failure.value}</p>;
  const state = streamState.value;
  if (state.state === 'ended') return <p class="log-empty">{state.why}</p>;
  if (loading.value !== undefined) return <p class="log-empty">Reading…</p>;
  return <p class="log-empty">No entries match. New ones appear here as they are written.</p>;
}
