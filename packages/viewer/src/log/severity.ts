import { type Entry, fieldText } from '../api/entry.ts';

/** syslog's levels as `journalctl` calls them, 0 to 7. */
export { priorityNames as severityNames } from '@clusterlog/shared/v3/priority';

export interface Severity {
  /** 0 (emerg) to 7 (debug). */
  readonly level: number;
  /** Taken from the message, since the entry has no PRIORITY that says it. */
  readonly guessed: boolean;
}

const words = new Map(
  Object.entries({
    emerg: 0,
    emergency: 0,
    panic: 0,
    alert: 1,
    crit: 2,
    critical: 2,
    fatal: 2,
    severe: 3,
    err: 3,
    error: 3,
    warn: 4,
    warning: 4,
    notice: 5,
    info: 6,
    information: 6,
    debug: 7,
    trace: 7,
  }),
);
/** Where programs write their level: in the beginning, in capitals. */
const beginning = 80;
const levelWord = /(?:^|[\s[(|<])(FATAL|PANIC|CRITICAL|SEVERE|ERROR|WARN|WARNING)(?=$|[\s\])|>:,])/;

/** How grave an entry is: by its PRIORITY, else by what its message says of itself. Undefined where nothing says so. */
export function severityOf(
  entry: Entry,
  message: string,
  json?: Readonly<Record<string, unknown>>,
): Severity | undefined {
  const priority = fieldText(entry, 'PRIORITY');
  if (priority !== undefined && /^[0-7]$/.test(priority)) return { level: Number(priority), guessed: false };
  const said = json?.level ?? json?.severity ?? json?.lvl;
  const byJson = typeof said === 'string' ? words.get(said.toLowerCase()) : undefined;
  if (byJson !== undefined) return { level: byJson, guessed: true };
  const word = levelWord.exec(message.slice(0, beginning))?.[1];
  const byWord = word === undefined ? undefined : words.get(word.toLowerCase());
  return byWord === undefined ? undefined : { level: byWord, guessed: true };
}
