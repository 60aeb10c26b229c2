import { computed, signal } from '@preact/signals';
import { Dialog } from './dialog.tsx';
import { type Key, keys, registerKey } from './keys.ts';

const open = signal(false);
const groups = ['Page', 'Sources', 'Search', 'Log'] as const;
const byGroup = computed(() =>
  groups
    .map((group) => [group, keys.value.filter((key) => key.group === group)] as const)
    .filter(([, list]) => list.length > 0),
);

/** How keys are written on keyboards. */
const names: Readonly<Record<string, string>> = { ArrowUp: '↑', ArrowDown: '↓', Escape: 'Esc' };

export function openHelp(): void {
  open.value = true;
}

registerKey({ key: '?', label: 'This help', group: 'Page', run: openHelp });

/** The dialog that lists what the keyboard does. */
export function Help() {
  return (
    <Dialog title="Keys" open={open} onClose={() => (open.value = false)} class="help">
      {byGroup.value.map(([group, list]) => (
        <section key={group}>
          <h3>{group}</h3>
          <dl>
            {list.map((key) => (
              <div key={key.label}>
                <dt>
                  {keysOf(key).map((name) => (
                    <kbd key={name}>{names[name] ?? name}</kbd>
                  ))}
                </dt>
                <dd>{key.label}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </Dialog>
  );
}

function keysOf({ key }: Key): readonly string[] {
  return typeof key === 'string' ? [key] : key;
}
