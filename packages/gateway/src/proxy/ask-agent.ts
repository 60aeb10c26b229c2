import { AsyncLocalStorage } from 'node:async_hooks';
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify';
import type { Dispatcher } from 'undici';

/** What is really asked while reply-from believes that it asks for `/`. */
interface Asking {
  /** As written by `upstreamPath`, byte for byte what the gateway token is for. */
  readonly path: string;
  readonly request: FastifyRequest;
  readonly log: FastifyBaseLogger;
  /** Aborted when the caller goes away. */
  readonly caller: AbortSignal;
}

type ReplyFromOptions = NonNullable<Parameters<FastifyReply['from']>[1]>;

/** Why an agent is asked no further; nobody is told. */
const gone = new Error('the caller has gone');

const asking = new AsyncLocalStorage<Asking>();

/**
 * Answers with what the agent says to `path`, by reply-from, mending three things of it: it goes on asking for a caller who
 * has gone before the answer began, it refuses a path with an id that begins or ends with two dots, and it logs a failure that
 * is logged again where errors are answered.
 *
 * @param onFailure what to answer when the agent could not be asked; not called when the caller has gone
 */
export function askAgent(
  reply: FastifyReply,
  path: string,
  options: ReplyFromOptions,
  onFailure: (error: Error) => void,
): FastifyReply {
  const { request } = reply;
  const { log } = request;
  const caller = new AbortController();
  reply.raw.once('close', () => {
    // With no reason of ours Node makes one, stack and all.
    if (!reply.raw.writableFinished) caller.abort(gone);
  });
  const onError: ReplyFromOptions['onError'] = (_reply, { error }) => {
    request.log = log;
    if (reply.raw.destroyed) reply.hijack();
    else onFailure(error);
  };
  return asking.run({ path, request, log, caller: caller.signal }, () => reply.from('/', { ...options, onError }));
}

/** The part of a dispatcher that reply-from uses, asking as `askAgent` says. */
export function askingDispatcher(dispatcher: Dispatcher): Pick<Dispatcher, 'request'> {
  const request = (options: Dispatcher.RequestOptions, callback: Callback): void => {
    const now = asking.getStore();
    if (now === undefined) throw new Error('an agent is asked outside askAgent');
    // reply-from has made `/` and the caller's query of it.
    const path = `${now.path}${options.path.slice(1)}`;
    dispatcher.request({ ...options, path, signal: now.caller }, (error, data) => {
      if (error !== null) now.request.log = now.log.child({}, { level: 'silent' });
      callback(error, data);
    });
  };
  return { request: request as Dispatcher['request'] };
}

type Callback = (error: Error | null, data: Dispatcher.ResponseData) => void;
