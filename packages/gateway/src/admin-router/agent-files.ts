import { CodedError, errorAnswers, inMediaTypes, mediaTypes } from '@clusterlog/shared';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Dispatcher } from 'undici';
import type { ClusterIndex } from '../mesos/cluster-index.ts';
import { isObject } from '../mesos/shapes.ts';
import type { Policy } from '../policy/policy.ts';
import { currentAgent, requireMesos } from '../routes/resolve.ts';
import { type MesosAgents, wholeBody } from './mesos-agents.ts';
import { SandboxAccess } from './sandbox-access.ts';
import { parseSandboxPath, type SandboxPath } from './sandbox-path.ts';
import { sendJson } from './send-json.ts';

export interface AgentFilesOptions {
  readonly index: Pick<ClusterIndex, 'agent' | 'tasksOfExecutor' | 'tasksOfAgent' | 'status'>;
  readonly policy: Policy;
  readonly mesosAgents: MesosAgents;
}

const whole = Type.String({ pattern: '^(-1|\\d{1,15})$' });
const pathQuery = {
  path: Type.String({ minLength: 1, maxLength: 8192, description: 'A path in a sandbox, on disk or virtual.' }),
};
const further = { additionalProperties: true };
const Params = Type.Object({ agentId: Type.String() });
const FileQuery = Type.Object(pathQuery, further);
const ReadQuery = Type.Object(
  {
    ...pathQuery,
    offset: Type.Optional(Type.String({ ...whole, description: 'In bytes; -1, or none, asks for the size.' })),
    length: Type.Optional(Type.String({ ...whole, description: 'In bytes; Mesos gives at most 65,536.' })),
  },
  further,
);

const byFile = Type.Record(Type.String(), Type.String(), { description: 'Where each attached path lies on disk.' });
const answers = {
  browse: inMediaTypes('What is in a folder.', { [mediaTypes.json]: Type.Array(Type.Object({ path: Type.String() })) }),
  read: inMediaTypes('A part of a file; without an offset its size.', {
    [mediaTypes.json]: Type.Object({ data: Type.String(), offset: Type.Integer() }),
  }),
  download: inMediaTypes('The file.', { 'application/octet-stream': Type.String({ format: 'binary' }) }),
  debug: inMediaTypes('The sandboxes that the caller may read.', { [mediaTypes.json]: byFile }),
};
const schemaOf = (
  operation: keyof typeof answers,
  querystring: typeof FileQuery | typeof ReadQuery | ReturnType<typeof Type.Object>,
) => ({
  params: Params,
  querystring,
  headers: Type.Object({}, further),
  response: { 200: answers[operation], ...errorAnswers(400, 403, 404, 502, 503, 504) },
});

/** Largest `files/debug` that is read: some 400 bytes a sandbox. */
const MAX_DEBUG_BYTES = 64 * 1024 * 1024;

/**
 * `/agent/{id}/files/…` and `/slave/{id}/files/…`: the files API of a Mesos agent, inside the sandboxes that a caller may
 * read. The path that Mesos is asked for is made from the parts that were understood.
 */
export async function agentFiles(app: FastifyInstance, options: AgentFilesOptions): Promise<void> {
  const config = { face: 'admin-router', passesOn: [mediaTypes.text] } as const;
  for (const prefix of ['/agent/:agentId/files', '/slave/:agentId/files']) {
    for (const suffix of ['', '.json']) {
      for (const operation of ['browse', 'download'] as const) {
        app.get(
          `${prefix}/${operation}${suffix}`,
          { schema: schemaOf(operation, FileQuery), config },
          async (request, reply) => {
            const { path } = request.query as Static<typeof FileQuery>;
            return await answerFile(operation, path, {}, request, reply, options);
          },
        );
      }
      app.get(`${prefix}/read${suffix}`, { schema: schemaOf('read', ReadQuery), config }, async (request, reply) => {
        const { path, offset, length } = request.query as Static<typeof ReadQuery>;
        const bounds = { ...(offset === undefined ? {} : { offset }), ...(length === undefined ? {} : { length }) };
        return await answerFile('read', path, bounds, request, reply, options);
      });
      app.get(
        `${prefix}/debug${suffix}`,
        { schema: schemaOf('debug', Type.Object({}, further)), config },
        async (request, reply) => answerDebug(request, reply, options),
      );
    }
  }
}

async function answerFile(
  operation: 'browse' | 'read' | 'download',
  text: string,
  bounds: Readonly<Record<string, string>>,
  request: FastifyRequest,
  reply: FastifyReply,
  { index, policy, mesosAgents }: AgentFilesOptions,
): Promise<FastifyReply> {
  requireMesos({ index });
  const { agentId } = request.params as Static<typeof Params>;
  request.audit.target = `files of agent ${agentId}: ${text}`;
  const agent = currentAgent(agentId, index);
  const path = authorizePath(text, [agentId, agent.id], request, { index, policy });
  const query = Object.entries({ path: path.path, ...bounds }).map(
    ([key, value]) => `${key}=${encodeURIComponent(value)}`,
  );
  const answer = await mesosAgents.get(agent, `/files/${operation}?${query.join('&')}`, reply);
  return sendAnswer(reply, answer, operation === 'download' ? path.path : undefined);
}

/** @param agentIds the one that was asked for, and the one that answers for it */
function authorizePath(
  text: string,
  [agentId, answering]: readonly [string, string],
  request: FastifyRequest,
  { index, policy }: Pick<AgentFilesOptions, 'index' | 'policy'>,
): SandboxPath {
  const path = parseSandboxPath(text);
  const named = path?.agentId ?? answering;
  if (path === undefined || (named !== agentId && named !== answering)) {
    throw new CodedError('no-sandbox-path', { path: text, agent: agentId });
  }
  if (!new SandboxAccess(request.caller, named, { index, policy }).mayRead(path)) {
    throw new CodedError('forbidden', { target: `the sandbox of executor ${path.executorId}` });
  }
  request.audit.decision = 'granted';
  return path;
}

/** What a Mesos agent says of files, as nothing that a browser would run: JSON, a file to save, or text. */
function sendAnswer(
  reply: FastifyReply,
  { statusCode, headers, body }: Dispatcher.ResponseData,
  download: string | undefined,
): FastifyReply {
  const length = headers['content-length'];
  reply.code(statusCode).header('x-content-type-options', 'nosniff').header('cache-control', 'no-store');
  if (typeof length === 'string') reply.header('content-length', length);
  if (statusCode !== 200) return reply.type(mediaTypes.text).send(body);
  if (download === undefined) return reply.type(mediaTypes.json).send(body);
  return reply
    .type('application/octet-stream')
    .header('content-disposition', `attachment; ${nameToSaveAs(download.slice(download.lastIndexOf('/') + 1))}`)
    .send(body);
}

/** As Mesos says it where it can be said so, else as RFC 6266 does. */
function nameToSaveAs(name: string): string {
  if (/^[\w.-]+$/.test(name)) return `filename=${name}`;
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`);
  return `filename*=UTF-8''${encoded}`;
}

async function answerDebug(
  request: FastifyRequest,
  reply: FastifyReply,
  { index, policy, mesosAgents }: AgentFilesOptions,
): Promise<FastifyReply> {
  requireMesos({ index });
  const { agentId } = request.params as Static<typeof Params>;
  request.audit.target = `files of agent ${agentId}`;
  const agent = currentAgent(agentId, index);
  const access = new SandboxAccess(request.caller, agent.id, { index, policy });
  if (!access.mayReadSomething()) throw new CodedError('forbidden', { target: `agent ${agentId}` });
  request.audit.decision = 'granted';
  const answer = await mesosAgents.get(agent, '/files/debug', reply);
  if (answer.statusCode !== 200) return sendAnswer(reply, answer, undefined);
  const mayRead = (text: unknown) => {
    const path = typeof text === 'string' ? parseSandboxPath(text) : undefined;
    return path !== undefined && access.mayRead(path);
  };
  const attached = await parsedBody(answer.body, agentId);
  // Both the name and what it stands for: `runs/latest` alone could be of another run.
  const told = Object.entries(attached).filter((pair) => pair.every(mayRead));
  return sendJson(reply, Object.fromEntries(told));
}

async function parsedBody(body: Dispatcher.ResponseData['body'], agentId: string): Promise<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse((await wholeBody(body, MAX_DEBUG_BYTES)).toString('utf8'));
    if (isObject(parsed)) return parsed;
    throw new Error('expected an object from files/debug, found something else');
  } catch (error) {
    throw new CodedError('mesos-agent-unreachable', { agent: agentId }, { cause: error });
  }
}
