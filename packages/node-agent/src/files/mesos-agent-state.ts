import { type Authorization, authorized } from '@clusterlog/shared/server';
import { type Dispatcher, request } from 'undici';

/** What is asked of a Mesos agent's `/state`. */
export interface MesosAgentState {
  /** The id it has registered with. */
  readonly id: string;
  /** Its `--work_dir`; undefined where flags are not shown to us. */
  readonly workDirectory: string | undefined;
}

export interface AskOptions {
  /** What it wants as `Authorization`. Default: none is sent. */
  readonly credential?: Authorization | undefined;
  readonly dispatcher?: Dispatcher;
}

const answerMilliseconds = 5000;
/** Longest state read, in bytes. */
const maximumStateBytes = 64 * 1024 * 1024;

/**
 * Asks a Mesos agent who it is.
 *
 * @param mesosAgent its URL without a path
 * @throws Error with what was expected and found; while the agent has not recovered, that is status 503
 */
export async function askMesosAgent(
  mesosAgent: string,
  { credential, dispatcher }: AskOptions = {},
): Promise<MesosAgentState> {
  const { statusCode, body } = await authorized(credential, (authorization) =>
    request(`${mesosAgent.replace(/\/$/, '')}/state`, {
      signal: AbortSignal.timeout(answerMilliseconds),
      headers: { accept: 'application/json', ...authorization },
      ...(dispatcher === undefined ? {} : { dispatcher }),
    }),
  );
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > maximumStateBytes) throw new Error(`expected a state of at most ${maximumStateBytes} bytes`);
  }
  if (statusCode !== 200) throw new Error(`expected status 200, found ${statusCode}`);
  const { id, flags } = JSON.parse(Buffer.concat(chunks).toString()) as {
    id?: unknown;
    flags?: { work_dir?: unknown };
  };
  if (typeof id !== 'string' || id === '') throw new Error('expected an id in the state, found none');
  const workDirectory = flags?.work_dir;
  return { id, workDirectory: typeof workDirectory === 'string' ? workDirectory : undefined };
}
