import {
  type Authorization,
  type Logger,
  type MesosConnections,
  openMesosConnections,
} from '@clusterlog/shared/server';
import type { GatewayConfiguration } from '../configuration.ts';

/** How Mesos is reached, and as whom. */
export interface MesosAccess extends MesosConnections {
  /** What masters want as `Authorization`; nobody else is shown it. */
  readonly masterCredential: Authorization | undefined;
  /** What Mesos agents want. */
  readonly agentCredential: Authorization | undefined;
}

/**
 * Opens what the configuration says of it.
 *
 * @throws ConfigurationError
 */
export function openMesosAccess(configuration: GatewayConfiguration, log: Logger): MesosAccess {
  const connections = openMesosConnections(configuration, log);
  const { mesosCredentialFile, mesosAgentCredentialFile } = configuration;
  return {
    ...connections,
    masterCredential: connections.credential('--mesos-credential-file', mesosCredentialFile),
    agentCredential: connections.credential('--mesos-agent-credential-file', mesosAgentCredentialFile),
  };
}
