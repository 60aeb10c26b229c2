import { type Logger, readMesosCredential } from '@clusterlog/shared/server';
import { Agent } from 'undici';
import type { GatewayConfiguration } from '../configuration.ts';
import type { AdminRouter } from './admin-router.ts';
import { MarathonLeader } from './marathon-leader.ts';
import { MesosAgents } from './mesos-agents.ts';
import type { AdminRouterRoute } from './options.ts';

/** How Mesos' masters are reached, as the configuration says it. */
export interface MastersAccess {
  /** PEM of the CA of `--mesos-ca`. */
  readonly ca?: string;
  readonly credential?: string;
}

/**
 * What the configuration says of Admin Router's routes.
 *
 * @throws ConfigurationError
 */
export function openAdminRouter(
  configuration: GatewayConfiguration,
  { ca, credential }: MastersAccess,
  log: Logger,
): AdminRouter {
  const { withoutRoute, marathon, mesosAgentScheme, mesosAgentCredentialFile, uiLoggingStrategy, localAgentId } =
    configuration;
  // Marathons run on the masters' nodes: their certificates are of the same CA.
  const dispatcher = new Agent({ connect: { timeout: 5_000, ...(ca === undefined ? {} : { ca }) } });
  const agentCredential =
    mesosAgentCredentialFile === undefined
      ? {}
      : { credential: readMesosCredential(mesosAgentCredentialFile, '--mesos-agent-credential-file') };
  return {
    without: new Set(withoutRoute as AdminRouterRoute[]),
    masters: { dispatcher, credential },
    mesosAgents: new MesosAgents({ scheme: mesosAgentScheme, ...(ca === undefined ? {} : { ca }), ...agentCredential }),
    marathon:
      marathon.length === 0
        ? undefined
        : new MarathonLeader({
            urls: marathon,
            dispatcher,
            onProblem: (reason) => log.warn({ reason }, 'no Marathon answers; its last leader stays in force'),
          }),
    masterAgentId: localAgentId ?? 'local',
    loggingStrategy: uiLoggingStrategy,
  };
}
