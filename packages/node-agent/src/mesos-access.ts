import {
  type Authorization,
  credentialFinding,
  type Finding,
  type Logger,
  MesosAuthorization,
  openClientTls,
  RenewedDispatcher,
  type TlsFiles,
} from '@clusterlog/shared/server';
import { Agent, type Dispatcher } from 'undici';
import type { AgentConfiguration } from './configuration.ts';

/** How this node's Mesos agent is reached: over which connections, and as whom. */
export interface MesosAccess {
  readonly tls: TlsFiles | undefined;
  /** What it wants as `Authorization`. */
  readonly credential: Authorization | undefined;
  /** Connections for what is asked in the agent's own name. */
  readonly dispatcher: Dispatcher;
  /** New connections, which who asked for them closes. */
  connect(): Dispatcher;
  /** What /health/ready says of logins; nothing where there is no credential. */
  findings(): Finding[];
  close(): Promise<void>;
}

/**
 * Opens what the configuration says of it.
 *
 * @throws ConfigurationError
 */
export function openMesosAccess(configuration: AgentConfiguration, log: Logger): MesosAccess {
  const { mesosCa: ca, mesosClientCert: cert, mesosClientKey: key, mesosCredentialFile: path } = configuration;
  const tls = openClientTls('mesos', { ca, cert, key }, log);
  const connect = (): Dispatcher => new RenewedDispatcher(tls, (texts) => new Agent({ connect: texts }));
  const dispatcher = connect();
  const credential =
    path === undefined ? undefined : new MesosAuthorization({ flag: '--mesos-credential-file', path, dispatcher, log });
  return {
    tls,
    credential,
    dispatcher,
    connect,
    findings: () => (credential === undefined ? [] : [credentialFinding([credential])]),
    close: async () => {
      tls?.close();
      await dispatcher.destroy();
    },
  };
}
