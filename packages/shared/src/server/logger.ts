import { type Logger, pino } from 'pino';

export type { Logger };

/**
 * The log of one service: JSON lines on standard output, each with the service's name and the time in ISO 8601. Header
 * objects never show what authenticates anyone.
 */
export function createLogger(service: string, level: string): Logger {
  return pino({
    level,
    base: { service },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    redact: ['headers.authorization', 'headers.cookie', 'req.headers.authorization', 'req.headers.cookie'],
  });
}
