import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { CodedError, mediaTypes, problemOf } from '@clusterlog/shared';
import type { Logger } from 'pino';
import type { Metrics } from './metrics.ts';
import { requestIdHeader } from './request-id.ts';

/** Scopes and tokens travel in headers: a scope is at most 32 KiB of JSON, 44 KiB in a token. */
export const maximumHeaderBytes = 64 * 1024;

/**
 * Answers what Node could not read as a request: it has no route, so problem details it is, and the connection is closed.
 * Each is counted by its code, as what a route refuses is.
 *
 * @param logged whether each is a line in the log
 */
export function answerClientError(
  log: Logger,
  logged: boolean,
  metrics: Pick<Metrics, 'errors'>,
): (error: NodeJS.ErrnoException, socket: Socket) => void {
  return (error, socket) => {
    if (error.code === 'ECONNRESET' || socket.destroyed) return;
    const coded = codedErrorOf(error.code ?? '');
    const id = randomUUID();
    metrics.errors.inc({ code: coded.code });
    if (logged)
      log.info({ reqId: id, remote: socket.remoteAddress, code: coded.code, reason: error.code }, 'no request');
    // Behind an answer, or in the midst of one, these bytes would be taken for a part of it.
    if (socket.writable && socket.bytesWritten === 0) socket.end(answerOf(coded, id), () => socket.destroy());
    else socket.destroy();
  };
}

function codedErrorOf(code: string): CodedError {
  if (code === 'HPE_HEADER_OVERFLOW') return new CodedError('headers-too-large', { limit: maximumHeaderBytes });
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new CodedError('request-timeout', {});
  return new CodedError('not-http', {});
}

function answerOf(error: CodedError, id: string): string {
  const body = `${JSON.stringify(problemOf(error, id))}\n`;
  const head = [
    `HTTP/1.1 ${error.statusCode} ${STATUS_CODES[error.statusCode]}`,
    `${requestIdHeader}: ${id}`,
    `content-type: ${mediaTypes.problem}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'x-content-type-options: nosniff',
    'cache-control: no-store',
    'connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}
