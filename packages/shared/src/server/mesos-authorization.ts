import type { Dispatcher } from 'undici';
import { ConfigurationError } from './configuration/configuration-error.ts';
import type { Finding } from './health.ts';
import type { Logger } from './logger.ts';
import { type MesosCredential, parseMesosCredential } from './mesos-credential.ts';
import { logIn, type ServiceAccount, type Session } from './service-account.ts';
import { WatchedFile } from './watched-file.ts';

/** What Mesos wants to see as `Authorization`. */
export interface Authorization {
  /**
   * The value of the header now.
   *
   * @throws Error when it takes a login and that fails
   */
  header(): Promise<string>;
  /**
   * Told that Mesos answered 401 to a header.
   *
   * @returns whether there is another one now, so that it is worth asking once more
   */
  refused(header: string): Promise<boolean>;
}

/** A value that never changes. */
export function fixedAuthorization(value: string): Authorization {
  return { header: async () => value, refused: async () => false };
}

/** Asks, and once more where the answer is 401 and there is another credential by now. */
export async function authorized(
  credential: Authorization | undefined,
  ask: (headers: { authorization?: string }) => Promise<Dispatcher.ResponseData>,
): Promise<Dispatcher.ResponseData> {
  if (credential === undefined) return await ask({});
  const authorization = await credential.header();
  const answer = await ask({ authorization });
  if (answer.statusCode !== 401) return answer;
  try {
    if (!(await credential.refused(authorization))) return answer;
  } catch (error) {
    await answer.body.dump();
    throw error;
  }
  await answer.body.dump();
  return await ask({ authorization: await credential.header() });
}

export interface MesosAuthorizationOptions {
  /** The option that names the file, with its dashes. */
  readonly flag: string;
  readonly path: string;
  /** How a login is asked for. */
  readonly dispatcher: Dispatcher;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  /** How often the file is looked at, at most, in milliseconds. Default: 1,000. */
  readonly interval?: number;
}

/** How much of a token's life may pass before another is asked for. */
const renewAfter = 0.75;
/** A login is not tried again for so long after one that failed or whose token was refused, in milliseconds. */
const pause = 2_000;

interface CurrentSession extends Session {
  readonly account: ServiceAccount;
  readonly begin: number;
}

/**
 * The `Authorization` of a credential file, which is read again when it changes. An account logs in when a header is first asked for,
 * again well before the token ends, and when Mesos refuses the token.
 */
export class MesosAuthorization implements Authorization {
  readonly #options: MesosAuthorizationOptions;
  readonly #file: WatchedFile<MesosCredential>;
  #session: CurrentSession | undefined;
  #loggingIn: Promise<CurrentSession> | undefined;
  #failedAt = Number.NEGATIVE_INFINITY;
  #problem: string | undefined;

  /** @throws ConfigurationError when the file cannot be read or holds no credential */
  constructor(options: MesosAuthorizationOptions) {
    const { flag, path, log, interval } = options;
    this.#options = options;
    try {
      this.#file = new WatchedFile({
        path,
        parse: parseMesosCredential,
        onProblem: ({ message }) =>
          log.warn(
            { source: `${flag} ${path}`, problem: message },
            'the credential cannot be read; the last good one stays in force',
          ),
        ...(interval === undefined ? {} : { interval }),
      });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw new ConfigurationError(
        code === undefined ? `${flag}: ${message} in ${path}` : `${flag}: ${path} cannot be read (${code})`,
      );
    }
  }

  /** Why no token can be had; undefined while there is one, or none is needed. */
  get problem(): string | undefined {
    return this.#problem;
  }

  async header(): Promise<string> {
    const credential = this.#file.content;
    if (typeof credential === 'string') return credential;
    const session = this.#session;
    if (session === undefined || session.account !== credential || hasEnded(session)) {
      return headerOf(await this.#logIn(credential));
    }
    // Its failure is told by `problem`, and matters to requests once this session has ended.
    if (isOld(session) && performance.now() - this.#failedAt > pause) this.#logIn(credential).catch(() => undefined);
    return headerOf(session);
  }

  async refused(header: string): Promise<boolean> {
    const credential = this.#file.content;
    if (typeof credential === 'string') return credential !== header;
    const session = this.#session;
    if (session !== undefined && headerOf(session) === header) {
      if (Date.now() - session.begin < pause) return false;
      this.#session = undefined;
    }
    return (await this.header()) !== header;
  }

  #logIn(account: ServiceAccount): Promise<CurrentSession> {
    if (performance.now() - this.#failedAt < pause) return Promise.reject(new Error(this.#problem));
    this.#loggingIn ??= this.#login(account).finally(() => {
      this.#loggingIn = undefined;
    });
    return this.#loggingIn;
  }

  async #login(account: ServiceAccount): Promise<CurrentSession> {
    const { flag, dispatcher, log } = this.#options;
    try {
      const session = { ...(await logIn(account, dispatcher)), account, begin: Date.now() };
      this.#session = session;
      if (this.#problem !== undefined) log.info({ uid: account.uid }, 'logged in at DC/OS again');
      this.#problem = undefined;
      return session;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const problem = `${flag}: no login at DC/OS: ${code ?? message}`;
      if (problem !== this.#problem) log.warn({ problem, uid: account.uid }, 'the service account cannot log in');
      this.#failedAt = performance.now();
      this.#problem = problem;
      throw new Error(problem, { cause: error });
    }
  }
}

function headerOf({ token }: Session): string {
  return `token=${token}`;
}

function hasEnded({ end }: CurrentSession): boolean {
  return end !== undefined && end <= Date.now();
}

function isOld({ begin, end }: CurrentSession): boolean {
  return end !== undefined && Date.now() - begin > renewAfter * (end - begin);
}

/** What /health/ready says of credentials. */
export function credentialFinding(credentials: readonly MesosAuthorization[]): Finding {
  const detail = credentials.flatMap(({ problem }) => (problem === undefined ? [] : [problem])).join('; ');
  return detail === ''
    ? { check: 'mesos-credential', state: 'ok' }
    : { check: 'mesos-credential', state: 'degraded', detail };
}
