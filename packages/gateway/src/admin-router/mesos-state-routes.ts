import { Readable as ReadableStream } from 'node:stream';
import { errorAnswers, mediaTypes } from '@clusterlog/shared';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { ClusterIndex } from '../mesos/cluster-index.ts';
import type { Policy } from '../policy/policy.ts';
import { leadingMaster } from './leader-node.ts';
import { stateJson, stateSummary } from './mesos-state.ts';
import { readableBy } from './readable.ts';
import { sendJson } from './send-json.ts';

export interface MesosStateOptions {
  readonly index: Pick<ClusterIndex, 'tasks' | 'agents' | 'status'>;
  readonly policy: Policy;
}

const schema = {
  params: Type.Object({}),
  querystring: Type.Object({}, { additionalProperties: true }),
  headers: Type.Object({}, { additionalProperties: true }),
  response: {
    200: Type.Unknown({
      description: 'As the Mesos master answers, with what the caller may read and the gateway knows.',
    }),
    ...errorAnswers(503),
  },
};

/** `/mesos/master/state` and `/mesos/master/state-summary`, with and without `master/` and `.json`, as Mesos has them. */
export async function mesosStateRoutes(app: FastifyInstance, { index, policy }: MesosStateOptions): Promise<void> {
  const read = async (request: FastifyRequest) => {
    request.audit.target = 'state of the cluster';
    const leader = leadingMaster(index);
    const readable = await readableBy(request.caller, index, policy);
    request.audit.decision = 'granted';
    return { readable, agents: [...index.agents()], master: { leader } };
  };
  for (const suffix of ['', '.json']) {
    for (const prefix of ['/mesos/master', '/mesos']) {
      app.get(`${prefix}/state${suffix}`, { schema, config: { face: 'admin-router' } }, async (request, reply) => {
        const { readable, agents, master } = await read(request);
        return reply
          .type(mediaTypes.json)
          .header('cache-control', 'no-store')
          .send(ReadableStream.from(stateJson(readable, agents, master)));
      });
      app.get(
        `${prefix}/state-summary${suffix}`,
        { schema, config: { face: 'admin-router' } },
        async (request, reply) => {
          const { readable, agents, master } = await read(request);
          return sendJson(reply, await stateSummary(readable, agents, master));
        },
      );
    }
  }
}
