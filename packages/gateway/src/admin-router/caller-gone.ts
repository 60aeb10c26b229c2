import { CodedError } from '@clusterlog/shared';
import type { FastifyReply } from 'fastify';

/** Aborts when the caller goes away before his answer has ended; what is asked for him elsewhere then ends, too. */
export function whileCallerWaits(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return gone.signal;
}

/** The error of a question that ended because nobody waits for its answer: no fault of anybody that an operator has to know of. */
export function callerGone(cause: unknown): CodedError {
  return new CodedError('bad-request', { problem: 'The caller went away.' }, { cause });
}
