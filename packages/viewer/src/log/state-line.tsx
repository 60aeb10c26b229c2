import { failure, following, loading, rows, waiting } from './log-state.ts';
import { showEnd } from './reader.ts';
import { type StreamState, streamState } from './stream-state.ts';

/** What the stream is doing, and the way back to its end. */
export function StateLine() {
  const state = streamState.value;
  const isFollowing = following.value;
  const count = waiting.value;
  const shown = shownState(state, isFollowing);
  return (
    <footer class="state-line">
      <span class={`stream-state stream-${shown.name}`} role="status">
        {shown.text}
      </span>
      {failure.value !== undefined && rows.value.length > 0 && <span class="log-failure">{failure.value}</span>}
      {loading.value === 'older' && <span>reading older entries…</span>}
      {loading.value === 'newer' && <span>reading newer entries…</span>}
      {!isFollowing && (
        <button type="button" class="to-end" onClick={showEnd}>
          {count > 0 ? `↓ ${count.toLocaleString('en')} new` : '↓ to the end'}
        </button>
      )}
    </footer>
  );
}

function shownState(state: StreamState, isFollowing: boolean): { readonly name: string; readonly text: string } {
  if (state.state === 'ended') return { name: 'ended', text: `ended: ${state.why}` };
  if (state.state === 'reconnecting') return { name: 'reconnecting', text: `reconnecting: ${state.why}` };
  if (!isFollowing) return { name: 'paused', text: 'paused' };
  if (state.state === 'live') return { name: 'live', text: 'live' };
  return { name: 'catching-up', text: 'catching up' };
}
