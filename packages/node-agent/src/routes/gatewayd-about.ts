import { everything } from '../journal/match.ts';
import type { JournalSource } from '../journal/source.ts';
import { listBoots } from '../read/boots.ts';
import { diskUsage } from '../read/disk-usage.ts';
import { describeMachine } from '../read/machine.ts';
import { lookAt } from '../read/single-entry.ts';

const recordSeparator = '\u001e';

/** gatewayd's `/machine`, byte for byte but for the virtualization: only the service manager could say which it is. */
export async function machineText(journal: JournalSource, signal: AbortSignal): Promise<string> {
  const { machineId, bootId, hostname, osPrettyName } = describeMachine();
  const oldest = await lookAt(journal, everything, 'oldest', ({ realtime }) => realtime, signal);
  const newest = await lookAt(journal, everything, 'newest', ({ realtime }) => realtime, signal);
  const members = {
    machine_id: machineId,
    boot_id: bootId,
    hostname,
    os_pretty_name: osPrettyName,
    virtualization: 'bare',
    usage: await diskUsage(journal.status()),
    cutoff_from_realtime: oldest ?? 0,
    cutoff_to_realtime: newest ?? 0,
  };
  const texts = Object.entries(members).map(([name, value]) => `"${name}" : ${JSON.stringify(String(value))}`);
  return `{ ${texts.join(',')} }\n`;
}

/** gatewayd's `/boots`, since systemd 258: a JSON text sequence of what `journalctl --list-boots -o json` lists. */
export async function bootsText(journal: JournalSource, signal: AbortSignal): Promise<string> {
  const boots = await listBoots(journal, everything, signal);
  return boots.map((boot) => `${recordSeparator}${JSON.stringify(boot)}\n`).join('');
}
