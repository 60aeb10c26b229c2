import { CodedError } from '@clusterlog/shared';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SandboxPath } from '../files/sandbox-path.ts';
import { planV2File, type V2FileParameters } from '../read/v2-file-plan.ts';
import { sendNothing } from './v1-answer.ts';
import { grantedRequest, type TaskFileContext } from './v2-task-context.ts';
import { TaskOutput } from './v2-task-output.ts';

/** Answers `…/{file}`: the lines of a file of a sandbox, or what the journal has in its place; `Accept` chooses range or follow. */
export async function answerFile(
  context: TaskFileContext,
  request: FastifyRequest,
  reply: FastifyReply,
  path: SandboxPath,
  name: string,
) {
  const granted = grantedRequest(context, request, reply, path, name);
  const lastEventId = request.headers['last-event-id'];
  const plan = planV2File(request.query as V2FileParameters, typeof lastEventId === 'string' ? lastEventId : undefined);
  const output = new TaskOutput(context, request, { ...granted, name });
  const source = await output.choose(plan);
  request.audit.target = `${name} of container ${granted.sandbox.container ?? path.container}, ${source.kind}`;
  if (request.headers.accept === 'text/event-stream') {
    const events = await output.follow(plan, source);
    return reply
      .headers({
        'content-type': 'text/event-stream',
        'cache-control': 'no-cache',
        'access-control-allow-origin': '*',
        'x-accel-buffering': 'no',
        'x-content-type-options': 'nosniff',
      })
      .send(events.toReadable());
  }
  if (source.kind === 'neither' && !source.exists) {
    // The CLI, which asks for the end, says "no logs found" for 204 alone.
    if (plan.origin === 'end' || plan.skip < 0) return sendNothing(reply);
    throw new CodedError('no-such-file', { file: name });
  }
  const lines = await output.read(plan, source);
  reply.headers({
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
  });
  return (await lines.peek()).done ? reply.send('') : reply.send(lines.toReadable());
}
