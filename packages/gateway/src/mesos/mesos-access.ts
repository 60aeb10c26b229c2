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
import type { GatewayConfiguration } from '../configuration.ts';

/** How Mesos is reached, masters and agents: over which connections, and as whom. */
export interface MesosAccess {
  readonly tls: TlsFiles | undefined;
  /** What masters want as `Authorization`; nobody else is shown it. */
  readonly masterCredential: Authorization | undefined;
  /** What Mesos agents want. */
  readonly agentCredential: Authorization | undefined;
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
export function openMesosAccess(configuration: GatewayConfiguration, log: Logger): MesosAccess {
  const { mesosCa: ca, mesosClientCert: cert, mesosClientKey: key } = configuration;
  const tls = openClientTls('mesos', { ca, cert, key }, log);
  const connect = (): Dispatcher =>
    new RenewedDispatcher(tls, (texts) => new Agent({ connect: { timeout: 5_000, ...texts } }));
  const logins = connect();
  const open = (flag: string, path: string | undefined): MesosAuthorization | undefined =>
    path === undefined ? undefined : new MesosAuthorization({ flag, path, dispatcher: logins, log });
  const masterCredential = open('--mesos-credential-file', configuration.mesosCredentialFile);
  const agentCredential = open('--mesos-agent-credential-file', configuration.mesosAgentCredentialFile);
  const credentials = [masterCredential, agentCredential].filter((credential) => credential !== undefined);
  return {
    tls,
    masterCredential,
    agentCredential,
    connect,
    findings: () => (credentials.length === 0 ? [] : [credentialFinding(credentials)]),
    close: async () => {
      tls?.close();
      await logins.destroy();
    },
  };
}
