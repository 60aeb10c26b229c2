import { choice, text, toggle } from './option.ts';

/** Matches what {@link parseListen} reads. */
export const listenPattern = '^(unix:/.+|(\\[[0-9a-fA-F:.]+\\]|[^:\\s/]+):[0-9]{1,5})$';

/** Options that both services have. */
export const commonOptions = {
  config: text({ placeholder: 'FILE', description: 'YAML file with any of these options, named as the flags are.' }),
  logLevel: choice(['trace', 'debug', 'info', 'warn', 'error', 'silent'], {
    default: 'info',
    description: 'How much is logged, as JSON lines on standard output.',
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
