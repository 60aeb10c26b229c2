import { CodedError } from '@clusterlog/shared';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SandboxPath } from '../files/sandbox-path.ts';
import type { V2FilePlan } from '../read/v2-file-plan.ts';
import { grantedRequest, type TaskFileContext } from './v2-task-context.ts';
import { TaskOutput } from './v2-task-output.ts';

const everything: V2FilePlan = { origin: 0, resumed: false, skip: 0, limit: Number.POSITIVE_INFINITY };

/** Answers `…/{file}/download`: the file as it is, or as a file what the journal has in its place. */
export async function answerDownload(
  context: TaskFileContext,
  request: FastifyRequest,
  reply: FastifyReply,
  path: SandboxPath,
  name: string,
) {
  const granted = grantedRequest(context, request, reply, path, name);
  const output = new TaskOutput(context, request, { ...granted, name });
  const source = await output.choose(everything);
  request.audit.target = `${name} of container ${granted.sandbox.container ?? path.container}, ${source.kind}`;
  const headers = {
    'content-type': 'application/octet-stream',
    'content-disposition': `attachment; filename=${name.replace(/[^A-Za-z0-9._-]/g, '_')}`,
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
  };
  if (source.kind === 'journal') {
    const lines = await output.read(everything, source);
    return reply.headers(headers).send(lines.toReadable());
  }
  const file = await context.sandboxes.download(granted, name);
  if (file === undefined) throw new CodedError('no-such-file', { file: name });
  if (file.size !== undefined) reply.header('content-length', file.size);
  return reply.headers(headers).send(file.bytes);
}
