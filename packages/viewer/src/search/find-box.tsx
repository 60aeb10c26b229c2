import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { go, view } from '../address/view.ts';
import { registerKey } from '../people/keys.ts';
import { findingText, findOf, findText } from './find-text.ts';
import { cancelFinding, finding, findNext } from './finding.ts';
import { shownZone } from './time-menu.tsx';

/** Looks for something in what is shown without leaving anything out: marks it, and goes from one to the next. */
export function FindBox() {
  const input = useRef<HTMLInputElement>(null);
  const text = useSignal(findText(view.peek().find));
  const shown = useComputed(() => view.value.find);
  useSignalEffect(() => {
    const { value } = shown;
    if (findOf(text.peek()) !== value) text.value = findText(value);
  });
  const apply = (): boolean => {
    const find = findOf(text.peek());
    if (find === view.peek().find) return false;
    go({ find }, 'push');
    return true;
  };
  useEffect(() => {
    const focus = () => {
      input.current?.focus();
      input.current?.select();
    };
    const next = (direction: 'older' | 'newer') => () => {
      const { find, filters } = view.peek();
      if (find === undefined && (filters.grep ?? []).length === 0) focus();
      else void findNext('hit', direction);
    };
    const group = 'Search';
    const registered = [
      registerKey({ key: '/', label: 'Find in what is shown', group, run: focus }),
      registerKey({ key: 'n', label: 'Next hit, newer', group, run: next('newer') }),
      registerKey({ key: 'N', label: 'Next hit, older', group, run: next('older') }),
      registerKey({ key: 'e', label: 'Next error, newer', group, run: () => void findNext('error', 'newer') }),
      registerKey({ key: 'E', label: 'Next error, older', group, run: () => void findNext('error', 'older') }),
      registerKey({ key: 'Escape', label: 'Cancel the search', group, run: cancelFinding }),
    ];
    return () => {
      for (const takeBack of registered) takeBack();
    };
  }, []);
  return (
    <form
      class="find-box"
      onSubmit={(event) => {
        event.preventDefault();
        apply();
        if (view.peek().find === undefined) return;
        void findNext('hit', 'older');
        input.current?.blur();
      }}
    >
      <input
        ref={input}
        type="search"
        class="find-input"
        aria-label="Find text or /RE2/ in what is shown"
        placeholder="Find text or /RE2/"
        spellcheck={false}
        autocomplete="off"
        value={text}
        onInput={(event) => {
          text.value = event.currentTarget.value;
          if (text.value === '') apply();
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && !cancelFinding()) input.current?.blur();
        }}
      />
      <button
        type="button"
        title="Next hit, older (N)"
        aria-label="Next hit, older"
        onClick={() => press(apply, 'older')}
      >
        ↑
      </button>
      <button
        type="button"
        title="Next hit, newer (n)"
        aria-label="Next hit, newer"
        onClick={() => press(apply, 'newer')}
      >
        ↓
      </button>
      <FindingLine />
    </form>
  );
}

function press(apply: () => boolean, direction: 'older' | 'newer'): void {
  apply();
  void findNext('hit', direction);
}

/** How the search goes: how far it has got, or that there is nothing. */
function FindingLine() {
  const time = useSignal(0);
  const isSearching = useComputed(() => finding.value.state === 'searching');
  useSignalEffect(() => {
    if (!isSearching.value) return undefined;
    time.value = Date.now();
    const timer = setInterval(() => {
      time.value = Date.now();
    }, 500);
    return () => clearInterval(timer);
  });
  const state = finding.value;
  if (state.state === 'idle') return <span class="finding" role="status" />;
  return (
    <span class={`finding finding-${state.state}`} role="status">
      {findingText(state, time.value, shownZone())}
      {state.state === 'searching' && (
        <button type="button" onClick={cancelFinding} title="Cancel the search (Esc)">
          Cancel
        </button>
      )}
    </span>
  );
}
