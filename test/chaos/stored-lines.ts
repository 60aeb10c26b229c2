import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { parseNumbered } from './numbered-lines.ts';
import { Serials } from './serials.ts';

/** The lines of a journal by name, each with its numbers. */
export type StoredLines = Map<string, Serials>;

/** Adds the lines that one journal file has, as journalctl reads it. */
export async function readStored(file: string, into: StoredLines): Promise<void> {
  const child = spawn('journalctl', [`--file=${file}`, '--output=cat', '--all', '--quiet', '--no-pager'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(child, 'close');
  for await (const message of createInterface({ input: child.stdout })) {
    const numbered = parseNumbered(message);
    if (numbered === undefined) continue;
    const serials = into.get(numbered.name) ?? new Serials();
    into.set(numbered.name, serials);
    serials.add(numbered.serial);
  }
  await ended;
}
