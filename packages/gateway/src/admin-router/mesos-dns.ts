import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { CodedError, errorAnswers } from '@clusterlog/shared';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { ClusterIndex } from '../mesos/cluster-index.ts';
import { leadingMaster } from './leader-node.ts';

const Host = Type.Object({ host: Type.String(), ip: Type.String() });

const schema = {
  params: Type.Object({}),
  querystring: Type.Object({}, { additionalProperties: true }),
  headers: Type.Object({}, { additionalProperties: true }),
  response: {
    200: Type.Array(Host, { description: 'The leading Mesos master, as Mesos-DNS answers.' }),
    ...errorAnswers(503),
  },
};

/** `/mesos_dns/v1/hosts/leader.mesos`: the one question to Mesos-DNS that DC/OS' CLI asks on the way to a log. */
export async function mesosDns(
  app: FastifyInstance,
  { index }: { readonly index: Pick<ClusterIndex, 'status'> },
): Promise<void> {
  app.get('/mesos_dns/v1/hosts/leader.mesos', { schema, config: { face: 'admin-router' } }, async (request, reply) => {
    request.audit.target = 'address of the leading Mesos master';
    const host = leadingMaster(index).hostname.replace(/^\[|\]$/g, '');
    const ip = isIP(host) === 0 ? await addressOf(host) : host;
    request.audit.decision = 'granted';
    reply.header('cache-control', 'no-store');
    return [{ host: 'leader.mesos.', ip }];
  });
}

async function addressOf(name: string): Promise<string> {
  try {
    return (await lookup(name)).address;
  } catch (error) {
    throw new CodedError('mesos-unavailable', {}, { cause: error });
  }
}
