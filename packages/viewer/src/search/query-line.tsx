import { useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { view } from '../address/view.ts';
import { registerKey } from '../people/keys.ts';
import { setFilters } from './filtering.ts';
import { type Problem, parseQuery, printQuery } from './query-text.ts';
import { suggest } from './suggest.ts';
import { accept, type Suggestion, type Wanted, wantedAt } from './suggestions.ts';

interface Offer {
  readonly wanted: Wanted;
  readonly suggestions: readonly Suggestion[];
}

/** The filters as one line of text, with suggestions for what is being typed. */
export function QueryLine() {
  const input = useRef<HTMLInputElement>(null);
  const text = useSignal(printQuery(view.peek().filters));
  const problems = useSignal<readonly Problem[]>([]);
  const offer = useSignal<Offer | undefined>(undefined);
  const active = useSignal(-1);
  const asking = useRef(new AbortController());

  useSignalEffect(() => {
    const printed = printQuery(view.value.filters);
    if (printQuery(parseQuery(text.peek()).filters) === printed && problems.peek().length === 0) return;
    text.value = printed;
    problems.value = [];
  });
  useEffect(
    () =>
      registerKey({ key: '&', label: 'Filter: only what matches', group: 'Search', run: () => input.current?.focus() }),
    [],
  );

  const close = () => {
    asking.current.abort();
    offer.value = undefined;
    active.value = -1;
  };
  const lookUp = async () => {
    asking.current.abort();
    asking.current = new AbortController();
    const { signal } = asking.current;
    const wanted = wantedAt(text.peek(), input.current?.selectionStart ?? text.peek().length);
    if (wanted === undefined) return close();
    const suggestions = await suggest(wanted, signal);
    if (signal.aborted || suggestions === undefined) return;
    active.value = -1;
    offer.value = suggestions.length === 0 ? undefined : { wanted, suggestions };
  };
  const take = (suggestion: Suggestion) => {
    if (offer.value === undefined) return;
    const taken = accept(text.value, offer.value.wanted, suggestion);
    text.value = taken.text;
    close();
    const element = input.current;
    if (element === null) return;
    element.value = taken.text;
    element.focus();
    element.setSelectionRange(taken.caret, taken.caret);
    if (/[=:]$/.test(suggestion.text)) void lookUp();
  };
  const apply = () => {
    close();
    const parsed = parseQuery(text.value);
    problems.value = parsed.problems;
    const [problem] = parsed.problems;
    if (problem === undefined) {
      setFilters(parsed.filters);
      return;
    }
    input.current?.setSelectionRange(problem.from, problem.to);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const open = offer.value;
    if (event.key === 'Escape') {
      if (open !== undefined) close();
      else input.current?.blur();
      event.stopPropagation();
    } else if (open !== undefined && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      const count = open.suggestions.length;
      const step = event.key === 'ArrowDown' ? 1 : -1;
      active.value = (active.value + step + count + (active.value < 0 && step < 0 ? 1 : 0)) % count;
      event.preventDefault();
    } else if (open !== undefined && (event.key === 'Enter' || event.key === 'Tab')) {
      const chosen = open.suggestions[active.value];
      if (chosen === undefined) return;
      take(chosen);
      event.preventDefault();
    }
  };

  const [problem] = problems.value;
  const open = offer.value;
  return (
    <form
      class="query-line"
      onSubmit={(event) => {
        event.preventDefault();
        apply();
      }}
    >
      <input
        ref={input}
        type="text"
        class="query-input"
        role="combobox"
        aria-label="Filter"
        aria-expanded={open !== undefined}
        aria-controls="query-suggestions"
        aria-autocomplete="list"
        aria-activedescendant={active.value < 0 ? undefined : `query-${active.value}`}
        aria-invalid={problem !== undefined}
        aria-describedby={problem === undefined ? undefined : 'query-problem'}
        placeholder="Filter: word /RE2/ FIELD=value"
        spellcheck={false}
        autocomplete="off"
        autocapitalize="off"
        value={text}
        onInput={(event) => {
          text.value = event.currentTarget.value;
          problems.value = [];
          void lookUp();
        }}
        onKeyDown={onKeyDown}
        onBlur={close}
      />
      <button type="submit">Filter</button>
      {open !== undefined && (
        <div class="suggestions" id="query-suggestions" role="listbox" aria-label="Suggestions">
          {open.suggestions.map((suggestion, index) => (
            <div
              key={suggestion.text}
              id={`query-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === active.value}
              // The focus stays in the line.
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => take(suggestion)}
              onKeyDown={() => undefined}
            >
              <span>{suggestion.text}</span>
              {suggestion.detail === undefined ? null : <span class="suggestion-detail">{suggestion.detail}</span>}
            </div>
          ))}
        </div>
      )}
      {problem !== undefined && (
        <p class="query-problem" id="query-problem" role="alert">
          <span class="query-place">
            {text.value.slice(0, problem.from)}
            <mark>{text.value.slice(problem.from, problem.to)}</mark>
            {text.value.slice(problem.to)}
          </span>
          {problem.message}
        </p>
      )}
    </form>
  );
}
