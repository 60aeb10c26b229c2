import {
  Anything,
  BrowseAnswers,
  CodedError,
  FileAnswers,
  FileDownloadAnswers,
  FileHeaders,
  FileParams,
  FileQuery,
  SandboxParams,
  TaskFileParams,
  TaskSandboxParams,
} from '@clusterlog/shared';
import type { Server } from '@clusterlog/shared/server';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SandboxPath } from '../files/sandbox-path.ts';
import { readingError } from './v1-errors.ts';
import { grantedRequest, type TaskFileContext } from './v2-task-context.ts';
import { answerDownload } from './v2-task-download.ts';
import { answerFile } from './v2-task-file.ts';

const config = { face: 'dcos-log-v2' } as const;
const run = '/v2/task/frameworks/:framework/executors/:executor/runs/:container';
const runOfTask = `${run}/tasks/:task`;

/** dcos-log's API v2 for the files of tasks (docs/api.md): read, follow, browse and download what is in a sandbox of this node. */
export async function v2TaskRoutes(app: Server, context: TaskFileContext): Promise<void> {
  app.setErrorHandler((error) => {
    throw readingError(error);
  });

  const browse = async (request: FastifyRequest, reply: FastifyReply, path: SandboxPath) => {
    const listed = await context.sandboxes.list(grantedRequest(context, request, reply, path));
    if (listed === undefined) throw new CodedError('no-such-file', { file: '.' });
    const files = listed.map((file) => ({ ...file, mtime: Math.trunc(file.mtime) }));
    return reply
      .headers({
        'content-type': 'text/plain; charset=utf-8',
        'cache-control': 'no-cache',
        'x-content-type-options': 'nosniff',
      })
      .send(`${JSON.stringify(files)}\n`);
  };

  const file = { querystring: FileQuery, headers: FileHeaders, response: FileAnswers };
  app.get(`${run}/:file`, { config, schema: { ...file, params: FileParams } }, (request, reply) =>
    answerFile(context, request, reply, request.params, request.params.file),
  );
  app.get(`${runOfTask}/:file`, { config, schema: { ...file, params: TaskFileParams } }, (request, reply) =>
    answerFile(context, request, reply, request.params, request.params.file),
  );

  const download = { querystring: Anything, headers: Anything, response: FileDownloadAnswers };
  app.get(`${run}/:file/download`, { config, schema: { ...download, params: FileParams } }, (request, reply) =>
    answerDownload(context, request, reply, request.params, request.params.file),
  );
  app.get(
    `${runOfTask}/:file/download`,
    { config, schema: { ...download, params: TaskFileParams } },
    (request, reply) => answerDownload(context, request, reply, request.params, request.params.file),
  );

  const list = { querystring: Anything, headers: Anything, response: BrowseAnswers };
  app.get(`${run}/files/browse`, { config, schema: { ...list, params: SandboxParams } }, (request, reply) =>
    browse(request, reply, request.params),
  );
  app.get(`${runOfTask}/files/browse`, { config, schema: { ...list, params: TaskSandboxParams } }, (request, reply) =>
    browse(request, reply, request.params),
  );
}
