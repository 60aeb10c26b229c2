import { view } from '../address/view.ts';
import type { Entry } from '../api/entry.ts';
import { ApiError } from '../api/request.ts';
import { entryActions, selected } from '../log/index.ts';
import { announce } from '../people/announce.ts';
import { registerKey } from '../people/keys.ts';
import { copy } from './copy.ts';
import { entryJson, entryText } from './entry-text.ts';
import { journalctlCommands } from './journalctl-command.ts';
import { journalctlTargets, targetOfEntry } from './journalctl-targets.ts';
import { linkTo } from './link.ts';

/** A link to what is shown, standing at this entry. */
export function copyLink(entry: Entry | undefined): Promise<void> {
  return copy(linkTo(view.peek(), entry?.cursor, location.origin, Date.now()), 'Link');
}

/** What is shown as commands for its nodes. */
export async function copyJournalctl(): Promise<void> {
  const shown = view.peek();
  try {
    const targets = await journalctlTargets(shown, new AbortController().signal);
    await copy(journalctlCommands(shown, targets, Date.now()), targets.length === 1 ? 'Command' : 'Commands');
  } catch (error) {
    announce(error instanceof ApiError ? error.message : 'The gateway cannot be reached.');
  }
}

/** The time around an entry that its command shows, in s. */
const around = 60;

function copyJournalctlOf(entry: Entry): Promise<void> {
  const second = Math.floor(entry.realtime_timestamp / 1e6);
  const time = { since: `@${Math.max(0, second - around)}`, until: `@${second + around}` };
  const command = journalctlCommands({ scope: {}, filters: {}, ...time }, [targetOfEntry(entry)], Date.now());
  return copy(command, 'Command');
}

/** What this room adds to the log: actions of its entries, and keys. */
export function addToLog(): void {
  entryActions.value = [
    ...entryActions.value,
    { label: 'Copy link', title: 'A link that opens at this entry (y)', run: (entry) => void copyLink(entry) },
    { label: 'Copy text', title: 'As a line of text (Y)', run: (entry) => void copy(entryText(entry), 'Text') },
    { label: 'Copy JSON', title: 'With all fields', run: (entry) => void copy(entryJson(entry), 'JSON') },
    {
      label: 'Copy journalctl',
      title: 'A command that shows it on its node',
      run: (entry) => void copyJournalctlOf(entry),
    },
  ];
  registerKey({ key: 'y', label: 'Copy a link to what is shown', group: 'Page', run: () => copyLink(selected.peek()) });
  registerKey({
    key: 'Y',
    label: 'Copy the entry as text',
    group: 'Page',
    run: () => {
      const entry = selected.peek();
      if (entry === undefined) return false;
      void copy(entryText(entry), 'Text');
      return true;
    },
  });
}
