import { pipeline, type Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { FastifyReply } from 'fastify';
import type { ContainerPath } from '../read/filter.ts';

/** Longest `postfix` that goes into a file name, in characters. */
const maximumPostfixLength = 64;

/**
 * The file name of a download, as dcos-log forms it: `root-range.log.gz`, `task-<container>.log.gz`, with `-<postfix>` before
 * the dot where one is asked for. Characters that would need quoting in the header become `_`.
 */
export function downloadName(path: ContainerPath | undefined, postfix: string | undefined): string {
  const stem = path === undefined ? 'root-range' : `task-${path.container}`;
  const name = postfix ? `${stem}-${postfix.slice(0, maximumPostfixLength)}` : stem;
  return `${name.replace(/[^A-Za-z0-9._-]/g, '_')}.log.gz`;
}

/** Sends a range as a gzip file to be saved: a file, not an encoding, so its type stays the inner one's. */
export function sendDownload(reply: FastifyReply, range: Readable, name: string): FastifyReply {
  const file = createGzip();
  // Whichever of the two ends early ends the other; the answer's end shows how.
  pipeline(range, file, () => {});
  return reply.header('content-disposition', `attachment; filename=${name}`).send(file);
}
