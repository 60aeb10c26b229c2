import { readFileSync } from 'node:fs';

/** Tells what share of the time since it was made somebody on this machine waited for a processor; undefined where Linux does not say. */
export function cpuPressure(): () => number | undefined {
  const [begin, at] = [waited(), performance.now()];
  return () => {
    const end = waited();
    return begin === undefined || end === undefined ? undefined : (end - begin) / 1_000 / (performance.now() - at);
  };
}

/** In µs, since the machine was started (the kernel's Documentation/accounting/psi.rst). */
function waited(): number | undefined {
  try {
    const total = /^some .*total=(\d+)$/m.exec(readFileSync('/proc/pressure/cpu', 'utf8'))?.[1];
    return total === undefined ? undefined : Number(total);
  } catch {
    return undefined;
  }
}
