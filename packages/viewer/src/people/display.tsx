import { registerKey } from './keys.ts';
import { type TimeStyle, timeStyle, timeStyles, wrap } from './preferences.ts';

const names: Readonly<Record<TimeStyle, string>> = { local: 'Local', utc: 'UTC', relative: 'Ago' };

function toggleWrap(): void {
  wrap.value = !wrap.value;
}

function nextTimeStyle(): void {
  const next = (timeStyles.indexOf(timeStyle.value) + 1) % timeStyles.length;
  timeStyle.value = timeStyles[next] ?? 'local';
}

registerKey({ key: 'u', label: 'Local time, UTC, how long ago', group: 'Page', run: nextTimeStyle });
registerKey({ key: 'w', label: 'Wrap long lines, or cut them', group: 'Page', run: toggleWrap });

/** How entries are shown. */
export function Display() {
  return (
    <div class="display">
      <label>
        <span class="unseen">Times</span>
        <select
          value={timeStyle.value}
          onChange={({ currentTarget }) => {
            timeStyle.value = timeStyles.find((style) => style === currentTarget.value) ?? 'local';
          }}
        >
          {timeStyles.map((style) => (
            <option key={style} value={style}>
              {names[style]}
            </option>
          ))}
        </select>
      </label>
      <button type="button" class="toggle" aria-pressed={wrap} title="Wrap long lines (w)" onClick={toggleWrap}>
        Wrap
      </button>
    </div>
  );
}
