import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { BootTime } from './set-back-search.ts';

/** The boot id of the running system, as journald writes it. */
export function currentBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').replace(/[-\s]/g, '');
}

let runningBootId: string | undefined;

/**
 * The running boot and its CLOCK_MONOTONIC, which journald stamps entries with, too. A process does not outlive its boot: the id
 * is read once, and best at the start, when descriptors are left.
 */
export function bootTime(): BootTime {
  runningBootId ??= currentBootId();
  return { bootId: runningBootId, monotonic: Number(process.hrtime.bigint() / 1_000n) };
}

/** What the machine says of itself. */
export interface Machine {
  /** Empty when it has none. */
  readonly machineId: string;
  readonly bootId: string;
  readonly hostname: string;
  /** Such as `Debian GNU/Linux 12 (bookworm)`. */
  readonly osPrettyName: string;
}

export function describeMachine(): Machine {
  return {
    machineId: textOf('/etc/machine-id').trim(),
    bootId: currentBootId(),
    hostname: hostname(),
    osPrettyName: osPrettyName(textOf('/etc/os-release') || textOf('/usr/lib/os-release')),
  };
}

/** os-release(5): `PRETTY_NAME`, else `NAME`, else `Linux`. */
function osPrettyName(release: string): string {
  for (const name of ['PRETTY_NAME', 'NAME']) {
    const [, quoted = ''] = new RegExp(`^${name}=(.*)$`, 'm').exec(release) ?? [];
    const value = quoted.trim().replace(/^(["'])(.*)\1$/, '$2');
    if (value !== '') return value.replace(/\\(["'$`\\])/g, '$1');
  }
  return 'Linux';
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
