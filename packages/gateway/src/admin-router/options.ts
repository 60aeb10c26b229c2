import { choice, text, texts } from '@clusterlog/shared/server';

/** The routes beside those for logs, each of which can be switched off: Admin Router's, and the viewer's. */
export const adminRouterRoutes = [
  'leader-logs',
  'mesos-state',
  'mesos-api',
  'agent-files',
  'agent-state',
  'mesos-dns',
  'ui-config',
  'viewer',
] as const;
export type AdminRouterRoute = (typeof adminRouterRoutes)[number];

/** The options of these routes. */
export const adminRouterOptions = {
  withoutRoute: texts({
    placeholder: 'ROUTE',
    pattern: `^(${adminRouterRoutes.join('|')})$`,
    expected: `some of ${adminRouterRoutes.join(', ')}`,
    description: 'A route beside logs that this gateway does not serve; it is then 404.',
    details: `The routes, as docs/api.md describes them: ${adminRouterRoutes.join(', ')}.`,
  }),
  marathon: texts({
    placeholder: 'URL',
    pattern: '^https?://[^/?#@\\s]+/?$',
    expected: 'http or https URLs without a path',
    description: 'A Marathon, asked who leads them; for /system/v1/leader/marathon/logs/….',
  }),
  mesosAgentScheme: choice(['http', 'https'], {
    default: 'http',
    description: 'How Mesos agents are reached, at the address in their pid; for files and state of agents.',
  }),
  mesosAgentCredentialFile: text({
    placeholder: 'FILE',
    description: 'What Mesos agents want as Authorization, written as for --mesos-credential-file.',
  }),
  uiLoggingStrategy: choice(['journald', 'logrotate'], {
    default: 'journald',
    description: 'Where DC/OS’ UI and CLI are told to look for tasks’ logs: the journal, or sandbox files.',
  }),
};
