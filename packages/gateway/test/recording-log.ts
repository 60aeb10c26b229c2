import { pino } from 'pino';

interface LogLine {
  readonly level: number;
  readonly msg: string;
}

/** A log that a test can read, and wait for lines of. */
export function recordingLog() {
  const lines: LogLine[] = [];
  const waiting = new Set<() => void>();
  const logger = pino(
    {},
    {
      write(text: string) {
        lines.push(JSON.parse(text) as LogLine);
        for (const look of waiting) look();
      },
    },
  );
  const line = (wanted: (line: LogLine) => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = () => {
        if (!lines.some(wanted)) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  return { logger, lines, line };
}
