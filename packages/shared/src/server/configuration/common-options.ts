import { choice, duration, text, toggle } from './option.ts';

/** 0 to 65535. */
const port = '([0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])';

/** Matches what {@link parseListen} reads. */
export const listenPattern = `^(unix:/.+|(\\[[0-9a-fA-F:.]+\\]|[^:\\s/]+):${port})$`;

/** Options that both services have. */
export const commonOptions = {
  config: text({ placeholder: 'FILE', description: 'YAML file with any of these options, named as the flags are.' }),
  logLevel: choice(['trace', 'debug', 'info', 'warn', 'error', 'silent'], {
    default: 'info',
    description: 'How much is logged, as JSON lines on standard output.',
  }),
  maxStall: duration({
    default: '5m',
    description: 'After this long without taking a byte of what waits for it, a client is cut; it can resume.',
  }),
  accessLog: toggle({ default: true, description: 'One audit line in the log for each request; =false turns it off.' }),
};

/** Where metrics are served; each service has a port of its own for it. */
export function metricsListenOption(port: number) {
  return text({
    placeholder: 'HOST:PORT',
    pattern: `^off$|${listenPattern}`,
    expected: 'HOST:PORT, unix:/PATH or off',
    default: `127.0.0.1:${port}`,
    description: 'Where Prometheus metrics are served (GET /metrics), never on the public port; "off" for nowhere.',
  });
}
