import { effect, type Signal, signal } from '@preact/signals';

/**
 * A signal whose value this browser remembers, if it lets pages remember anything. Never for tokens: every script of the origin reads it.
 *
 * @param read makes a value of what was remembered; undefined where it is of no use
 */
export function kept<Value>(
  name: string,
  fallback: Value,
  read: (remembered: unknown) => Value | undefined,
): Signal<Value> {
  const key = `clusterlog.${name}`;
  const value = signal(remembered(key, read) ?? fallback);
  let first = true;
  effect(() => {
    const text = JSON.stringify(value.value);
    if (!first) remember(key, text);
    first = false;
  });
  return value;
}

function remembered<Value>(key: string, read: (remembered: unknown) => Value | undefined): Value | undefined {
  try {
    const text = localStorage.getItem(key);
    return text === null ? undefined : read(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function remember(key: string, text: string): void {
  try {
    localStorage.setItem(key, text);
  } catch {
    // Forbidden, or full: it holds for this page.
  }
}
