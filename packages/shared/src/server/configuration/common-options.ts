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
  metricsListen: text({
    placeholder: 'HOST:PORT',
    pattern: listenPattern,
    expected: 'HOST:PORT or unix:/PATH',
    description: 'Where Prometheus metrics are served (GET /metrics); never on the public port. Off unless given.',
  }),
  accessLog: toggle({ default: true, description: 'One audit line in the log for each request; =false turns it off.' }),
};
