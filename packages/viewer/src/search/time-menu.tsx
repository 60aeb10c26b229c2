import { TimeFormatError } from '@clusterlog/shared/v3/time';
import { useSignal } from '@preact/signals';
import { useEffect, useId, useRef } from 'preact/hooks';
import { go, view } from '../address/view.ts';
import { registerKey } from '../people/keys.ts';
import { timeStyle } from '../people/preferences.ts';
import { boundOf, presets, rangeLabel, rangeOf, readable } from './time-range.ts';

export function shownZone(): 'utc' | 'local' {
  return timeStyle.value === 'utc' ? 'utc' : 'local';
}

/** From when to when: what is offered, or typed. */
export function TimeMenu() {
  const id = useId();
  const menu = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const open = useSignal(false);
  const { since, until, filters } = view.value;
  const boot = filters.boot?.[0];
  const close = () => {
    if (!open.peek()) return false;
    open.value = false;
    button.current?.focus();
    return true;
  };
  useEffect(() => {
    const away = (event: PointerEvent) => {
      const target = event.target as Node;
      if (open.peek() && menu.current?.contains(target) === false && button.current?.contains(target) === false) {
        open.value = false;
      }
    };
    document.addEventListener('pointerdown', away);
    const takeBack = registerKey({
      key: 't',
      label: 'Time range',
      group: 'Search',
      run: () => button.current?.click(),
    });
    const takeEscapeBack = registerKey({ key: 'Escape', label: 'Close the time range', group: 'Search', run: close });
    return () => {
      document.removeEventListener('pointerdown', away);
      takeBack();
      takeEscapeBack();
    };
  }, []);
  const choose = (change: Parameters<typeof go>[0]) => {
    go({ at: undefined, ...change });
    close();
  };
  const { boot: _, ...withoutBoot } = filters;
  return (
    <div class="time-menu">
      <button
        ref={button}
        type="button"
        aria-expanded={open}
        aria-controls={id}
        title="Time range (t)"
        onClick={() => {
          open.value = !open.value;
        }}
      >
        {rangeLabel({ since, until }, shownZone(), Date.now())} <span aria-hidden="true">▾</span>
      </button>
      <div ref={menu} id={id} class="time-choices" hidden={!open.value}>
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
          aria-pressed={boot === '0'}
          onClick={() => choose({ since: undefined, until: undefined, filters: { ...filters, boot: ['0'] } })}
        >
          Since the newest boot
        </button>
        {open.value && <Bounds onChosen={choose} />}
      </div>
    </div>
  );
}

/** From and to, typed. */
function Bounds({ onChosen }: { readonly onChosen: (change: Parameters<typeof go>[0]) => void }) {
  const { since, until } = view.peek();
  const zone = shownZone();
  const range = rangeOf({ since, until }, Date.now());
  const from = useSignal(range.from === undefined ? (since ?? '') : readable(range.from, zone));
  const to = useSignal(range.to === undefined ? (until ?? '') : readable(range.to, zone));
  const problem = useSignal('');
  const apply = (event: Event) => {
    event.preventDefault();
    try {
      onChosen({ since: boundOf(from.value, zone), until: boundOf(to.value, zone) });
    } catch (error) {
      if (!(error instanceof TimeFormatError)) throw error;
      problem.value = `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`;
    }
  };
  return (
    <form class="time-bounds" onSubmit={apply}>
      <label>
        From
        <input
          type="text"
          value={from}
          placeholder="2026-11-21 14:00 or -15m"
          onInput={(event) => {
            from.value = event.currentTarget.value;
          }}
        />
      </label>
      <label>
        To
        <input
          type="text"
          value={to}
          placeholder="now"
          onInput={(event) => {
            to.value = event.currentTarget.value;
          }}
        />
      </label>
      <button type="submit">Show ({zone === 'utc' ? 'UTC' : 'local time'})</button>
      {problem.value !== '' && <p role="alert">{problem}</p>}
    </form>
  );
}
