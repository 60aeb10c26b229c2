import { Agent, type Dispatcher } from 'undici';
import type { Finding } from './health.ts';
import type { Logger } from './logger.ts';
import { type Authorization, credentialFinding, MesosAuthorization } from './mesos-authorization.ts';
import { RenewedDispatcher } from './tls/renewed-dispatcher.ts';
import type { TlsFiles } from './tls/tls-files.ts';
import { openClientTls } from './tls/tls-options.ts';

/** Within so long a Mesos that is there takes a connection, in milliseconds. */
const connectTimeout = 5_000;

/** The options of both programs that name files for the way to Mesos. */
export interface MesosTlsPaths {
  readonly mesosCa?: string | undefined;
  readonly mesosClientCert?: string | undefined;
  readonly mesosClientKey?: string | undefined;
}

/** How Mesos is reached, masters and agents: over which connections, and with which credentials. */
export interface MesosConnections {
  /** Undefined where no file is named. */
  readonly tls: TlsFiles | undefined;
  /** Connections for what is asked in the program's own name, logins among it. */
  readonly dispatcher: Dispatcher;
  /** New connections, which who asked for them closes. */
  connect(): Dispatcher;
  /**
   * The `Authorization` of a credential file; undefined where none is named.
   *
   * @param flag the option that names it, with its dashes
   * @throws ConfigurationError
   */
  credential(flag: string, path: string | undefined): Authorization | undefined;
  /** What /health/ready says of logins; nothing where there is no credential. */
  findings(): Finding[];
  close(): Promise<void>;
}

/**
 * Opens what the configuration says of it; nothing is connected yet.
 *
 * @throws ConfigurationError
 */
export function openMesosConnections(paths: MesosTlsPaths, log: Logger): MesosConnections {
  const { mesosCa: ca, mesosClientCert: cert, mesosClientKey: key } = paths;
  const tls = openClientTls('mesos', { ca, cert, key }, log);
  const connect = (): Dispatcher =>
    new RenewedDispatcher(tls, (texts) => new Agent({ connect: { timeout: connectTimeout, ...texts } }));
  const dispatcher = connect();
  const credentials: MesosAuthorization[] = [];
  return {
    tls,
    dispatcher,
    connect,
    credential: (flag, path) => {
      if (path === undefined) return undefined;
      const credential = new MesosAuthorization({ flag, path, dispatcher, log });
      credentials.push(credential);
      return credential;
    },
    findings: () => (credentials.length === 0 ? [] : [credentialFinding(credentials)]),
    close: async () => {
      tls?.close();
      await dispatcher.destroy();
    },
  };
}
