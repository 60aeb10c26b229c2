import { CodedError, errorAnswers, inMediaTypes, mediaTypes } from '@clusterlog/shared';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { ClusterIndex } from '../mesos/cluster-index.ts';
import { askOperator, type MasterRequester } from '../mesos/master-request.ts';
import type { Policy } from '../policy/policy.ts';
import { filterAgentsJson, filterAgentsProtobuf } from './agents-answer.ts';
import { callerGone, whileCallerWaits } from './caller-gone.ts';
import { type AnsweredCall, answeredCalls, callType, isAnswered, protobufType } from './operator-call.ts';
import { readableBy } from './readable.ts';

export interface OperatorApiOptions {
  readonly index: Pick<ClusterIndex, 'tasks' | 'agents' | 'status'>;
  readonly policy: Policy;
  /** How masters are reached. */
  readonly masters: Pick<MasterRequester, 'dispatcher' | 'credential'>;
}

/** Largest call that is looked at, in bytes. */
const MAX_CALL_BYTES = 64 * 1024;
const TIMEOUT_MS = 30_000;

const call = { description: 'A call with its type, such as GET_AGENTS.' };
const told = 'As the Mesos master answers; GET_AGENTS with the agents that the caller may read of.';

const schema = {
  body: {
    content: {
      [mediaTypes.json]: { schema: Type.Unknown(call) },
      [protobufType]: { schema: Type.Unknown(call) },
    },
  },
  params: Type.Object({}),
  querystring: Type.Object({}, { additionalProperties: true }),
  headers: Type.Object({}, { additionalProperties: true }),
  response: {
    200: inMediaTypes(told, { [mediaTypes.json]: Type.Unknown(), [protobufType]: Type.Unknown() }),
    ...errorAnswers(400, 403, 503),
  },
};

/**
 * `POST /mesos/api/v1`: the four calls of the master's operator API that DC/OS' clients need to find logs. A call is read for
 * its type alone and made anew for the master; nothing of the caller's reaches it.
 */
export async function operatorApi(app: FastifyInstance, options: OperatorApiOptions): Promise<void> {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    [mediaTypes.json, protobufType],
    { parseAs: 'buffer', bodyLimit: MAX_CALL_BYTES },
    (_request, body, done) => done(null, body),
  );
  app.post('/mesos/api/v1', { schema, config: { face: 'admin-router' } }, async (request, reply) => {
    const type = typeOf(request);
    request.audit.target = `operator API ${type}`;
    if (!isAnswered(type))
      throw new CodedError('operator-call-refused', { call: type, calls: Object.keys(answeredCalls).join(', ') });
    const asProtobuf = (request.headers.accept ?? '').includes(protobufType);
    const answer = await ask(type, asProtobuf ? protobufType : mediaTypes.json, whileCallerWaits(reply), options);
    const shown = type === 'GET_AGENTS' ? await filtered(answer, asProtobuf, request, options) : answer;
    request.audit.decision = 'granted';
    return reply
      .type(asProtobuf ? protobufType : mediaTypes.json)
      .header('cache-control', 'no-store')
      .send(shown);
  });
}

function typeOf({ body, headers }: FastifyRequest): string {
  try {
    return callType(body as Buffer, headers['content-type'] ?? '');
  } catch (error) {
    throw new CodedError('bad-operator-call', {}, { cause: error });
  }
}

async function ask(
  type: AnsweredCall,
  accept: string,
  waiting: AbortSignal,
  { index, masters }: OperatorApiOptions,
): Promise<Buffer> {
  const status = index.status();
  if (status.state === 'never-reached') throw new CodedError('mesos-never-reached', {});
  const signal = AbortSignal.any([waiting, AbortSignal.timeout(TIMEOUT_MS)]);
  const via: MasterRequester = { ...masters, signal };
  try {
    return await askOperator(status.leader, type, accept, via);
  } catch (error) {
    if (waiting.aborted) throw callerGone(error);
    throw new CodedError('mesos-unavailable', {}, { cause: error });
  }
}

async function filtered(
  answer: Buffer,
  asProtobuf: boolean,
  { caller }: FastifyRequest,
  { index, policy }: OperatorApiOptions,
): Promise<Uint8Array> {
  const { agentIds } = await readableBy(caller, index, policy);
  const mayTell = (id: string) => agentIds.has(id) || policy.decide(caller, { kind: 'node', agentId: id }).allowed;
  try {
    return asProtobuf ? filterAgentsProtobuf(answer, mayTell) : await filterAgentsJson(answer, mayTell);
  } catch (error) {
    throw new CodedError('mesos-unavailable', {}, { cause: error });
  }
}
