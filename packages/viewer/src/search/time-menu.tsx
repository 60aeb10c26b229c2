import { type Signal, useSignal } from '@preact/signals';
import { go, view } from '../address/view.ts';
import { timeStyle } from '../people/preferences.ts';
import { Menu } from './menu.tsx';
import { boundOf, boundText, presets, rangeLabel, rangeOf, TimeError } from './time-range.ts';

export function shownZone(): 'utc' | 'local' {
  return timeStyle.value === 'utc' ? 'utc' : 'local';
}

/** From when to when: what is offered, or typed. */
export function TimeMenu() {
  const { since, until } = view.value;
  return (
    <Menu
      class="time-menu"
      label={rangeLabel({ since, until }, shownZone(), Date.now())}
      title="Time range (t)"
      opens={{ key: 't', label: 'Time range' }}
    >
      {(close) => <Choices close={close} />}
    </Menu>
  );
}

function Choices({ close }: { readonly close: () => void }) {
  const { since, until, filters } = view.value;
  const { boot, ...withoutBoot } = filters;
  const choose = (change: Parameters<typeof go>[0]) => {
    go({ at: undefined, ...change });
    close();
  };
  return (
    <>
      <button
        type="button"
        aria-pressed={since === undefined && until === undefined && boot === undefined}
        onClick={() => choose({ since: undefined, until: undefined, filters: withoutBoot })}
      >
        All time
      </button>
      {presets.map((preset) => (
        <button
          key={preset.since}
          type="button"
          aria-pressed={since === preset.since && until === undefined}
          onClick={() => choose({ since: preset.since, until: undefined })}
        >
          {preset.label}
        </button>
      ))}
      <button
        type="button"
        aria-pressed={boot?.[0] === '0'}
        onClick={() => choose({ since: undefined, until: undefined, filters: { ...filters, boot: ['0'] } })}
      >
        Since the newest boot
      </button>
      <Bounds onChosen={choose} />
    </>
  );
}

/** From and to, typed. */
function Bounds({ onChosen }: { readonly onChosen: (change: Parameters<typeof go>[0]) => void }) {
  const { since, until } = view.peek();
  const zone = shownZone();
  const range = rangeOf({ since, until }, Date.now());
  const from = useSignal(boundText(since, range.from, zone) ?? '');
  const to = useSignal(boundText(until, range.to, zone) ?? '');
  const problem = useSignal('');
  const apply = (event: Event) => {
    event.preventDefault();
    try {
      onChosen({ since: boundOf(from.value, zone), until: boundOf(to.value, zone) });
    } catch (error) {
      if (!(error instanceof TimeError)) throw error;
      problem.value = error.message;
    }
  };
  return (
    <form class="time-bounds" onSubmit={apply}>
      <Bound label="From" value={from} placeholder="2026-11-21 14:00 or -15m" />
      <Bound label="To" value={to} placeholder="now" />
      <button type="submit">Show ({zone === 'utc' ? 'UTC' : 'local time'})</button>
      {problem.value !== '' && <p role="alert">{problem}</p>}
    </form>
  );
}

interface BoundProps {
  readonly label: string;
  readonly value: Signal<string>;
  readonly placeholder: string;
}

function Bound({ label, value, placeholder }: BoundProps) {
  return (
    <label>
      {label}
      <input
        type="text"
        value={value}
        placeholder={placeholder}
        onInput={(event) => {
          value.value = event.currentTarget.value;
        }}
      />
    </label>
  );
}
