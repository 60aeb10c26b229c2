import type { Dispatcher } from 'undici';
import type { ClusterIndex } from './cluster-index.ts';

/** The part of a pino logger the client uses. */
export interface MasterClientLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
}

export interface MasterClientOptions {
  /** URLs given by `--mesos-master`, at least one. Any of them may be a follower. */
  readonly masters: readonly string[];
  readonly index: ClusterIndex;
  /** Connections to the masters, with the CA to check them by; default: an own undici `Agent`. Never closed here when given. */
  readonly dispatcher?: Dispatcher;
  /** Value of the `Authorization` header, sent to masters only; see `readMesosCredential`. */
  readonly credential?: string;
  readonly log: MasterClientLog;
  /** Milliseconds between polls of `/state` where SUBSCRIBE is missing. Default 2,000. */
  readonly pollInterval?: number;
}

export interface MasterClient {
  /** Stops at once; resolves when no request is open any more. */
  close(): Promise<void>;
}

/** Keeps `index` in step with the leading master until closed. Returns at once and never throws for a master's sake. */
export type StartMasterClient = (options: MasterClientOptions) => MasterClient;
