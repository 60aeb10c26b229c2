import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { go, view } from '../address/view.ts';
import { registerKey } from '../people/keys.ts';
import { timeStyle } from '../people/preferences.ts';
import { cancelFinding, type Finding, finding, findNext, noneText } from './finding.ts';
import { literalOf, patternOf } from './pattern.ts';
import { slashed } from './query-terms.ts';
import { readable } from './time-range.ts';

/** What is typed here, as an expression: `/RE2/`, or plain text. Undefined for nothing. */
export function findOf(text: string): string | undefined {
  const [, expression] = /^\/(.+)\/$/s.exec(text) ?? [];
  if (expression !== undefined) return expression.replaceAll('\\/', '/');
  return text === '' ? undefined : patternOf(text);
}

/** What is looked for, as it is typed. */
export function findText(find: string | undefined): string {
  if (find === undefined) return '';
  const literal = literalOf(find);
  return literal === undefined || /^\/.+\/$/s.test(literal) ? (slashed(find) ?? find) : literal;
}

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
      {findingText(state, time.value)}
      {state.state === 'searching' && (
        <button type="button" onClick={cancelFinding} title="Cancel the search (Esc)">
          Cancel
        </button>
      )}
    </span>
  );
}

/** @param time ms since 1970 */
export function findingText(state: Exclude<Finding, { state: 'idle' }>, time: number): string {
  switch (state.state) {
    case 'failed':
      return state.message;
    case 'none':
      return noneText(state.sought, state.direction);
    case 'cancelled':
      return 'Search cancelled.';
    case 'searching': {
      const seconds = Math.max(0, Math.floor((time - state.since) / 1_000));
      const what = `Searching ${state.direction} ${state.sought === 'error' ? 'errors' : 'hits'}`;
      const zone = timeStyle.peek() === 'utc' ? 'utc' : 'local';
      const reached =
        state.reached === undefined ? '' : ` · at ${readable(Math.floor(state.reached / 1e6) * 1e6, zone)}`;
      return `${what}${reached}${seconds < 1 ? '' : ` · ${seconds} s`}`;
    }
  }
}
