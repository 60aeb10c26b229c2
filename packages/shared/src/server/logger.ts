import { type Logger, pino } from 'pino';

export type { Logger };

/** Lines that cannot be written wait in so many bytes; further ones are left out. */
const greatestBacklog = 1024 * 1024;

/**
 * The log of one service: JSON lines on standard output, each with the service's name and the time in ISO 8601. Header
 * objects never show what authenticates anyone. While nothing can be written (the disk is full) the service goes on: up to
 * 1 MiB of lines is written later.
 */
export function createLogger(service: string, level: string): Logger {
  const destination = pino.destination({ dest: 1, sync: true, maxLength: greatestBacklog });
  // Nobody could be told. Without a listener the process would end.
  destination.on('error', () => {});
  return pino(
    {
      level,
      base: { service },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: ['headers.authorization', 'headers.cookie', 'req.headers.authorization', 'req.headers.cookie'],
    },
    destination,
  );
}

/** Writes what Node.js warns of to the log. On standard error it would end the process while that cannot be written. */
export function logWarnings(log: Logger): void {
  process.removeAllListeners('warning');
  process.on('warning', (warning) => log.warn({ err: warning }, 'Node.js warns'));
}
