import type { Logger } from '@clusterlog/shared/server';
import type { GatewayConfiguration } from '../configuration.ts';
import type { MesosAccess } from '../mesos/mesos-access.ts';
import type { AdminRouter } from './admin-router.ts';
import { MarathonLeader } from './marathon-leader.ts';
import { MesosAgents } from './mesos-agents.ts';
import type { AdminRouterRoute } from './options.ts';

/**
 * What the configuration says of Admin Router's routes.
 *
 * @throws ConfigurationError
 */
export function openAdminRouter(
  configuration: GatewayConfiguration,
  { masterCredential, agentCredential, connect }: MesosAccess,
  log: Logger,
): AdminRouter {
  const { withoutRoute, marathon, mesosAgentScheme, uiLoggingStrategy, localAgentId } = configuration;
  // Marathons run on the masters' nodes: their certificates are of the same CA.
  const dispatcher = connect();
  return {
    without: new Set(withoutRoute as AdminRouterRoute[]),
    masters: { dispatcher, credential: masterCredential },
    mesosAgents: new MesosAgents({ scheme: mesosAgentScheme, dispatcher: connect(), credential: agentCredential }),
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
