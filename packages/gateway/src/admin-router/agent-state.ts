import { CodedError, errorAnswers } from '@clusterlog/shared';
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { parseLargeJson } from '../mesos/large-json.ts';
import { currentAgent, requireMesos } from '../routes/resolve.ts';
import type { AgentFilesOptions } from './agent-files.ts';
import { readableAgentState } from './mesos-agent-state.ts';
import { wholeBody } from './mesos-agents.ts';
import { SandboxAccess } from './sandbox-access.ts';
import { sendJson } from './send-json.ts';

const Params = Type.Object({ agentId: Type.String(), pid: Type.String({ description: 'Such as slave(1).' }) });

const schema = {
  params: Params,
  querystring: Type.Object({}, { additionalProperties: true }),
  headers: Type.Object({}, { additionalProperties: true }),
  response: {
    200: Type.Unknown({ description: 'The Mesos agent’s state: the executors of tasks that the caller may read.' }),
    ...errorAnswers(403, 404, 502, 503, 504),
  },
};

/** Some 4 KB an executor. */
const MAX_STATE_BYTES = 128 * 1024 * 1024;
/** How deep executors lie: `frameworks[].executors[]`. */
const EXECUTOR_DEPTH = 4;

/** `/agent/{id}/{prefix of its pid}/state`, where DC/OS' UI finds the folders of sandboxes. */
export async function agentState(
  app: FastifyInstance,
  { index, policy, mesosAgents }: AgentFilesOptions,
): Promise<void> {
  for (const prefix of ['/agent', '/slave']) {
    for (const suffix of ['', '.json']) {
      app.get(
        `${prefix}/:agentId/:pid/state${suffix}`,
        { schema, config: { face: 'admin-router' } },
        async (request, reply) => {
          requireMesos({ index });
          const { agentId, pid } = request.params as Static<typeof Params>;
          request.audit.target = `state of agent ${agentId}`;
          const agent = currentAgent(agentId, index);
          if (pid !== agent.pid.split('@', 1)[0]) {
            throw new CodedError('not-found', { method: 'GET', path: request.url.replace(/\?.*/s, '') });
          }
          const access = new SandboxAccess(request.caller, agent.id, { index, policy });
          if (!access.mayReadSomething()) throw new CodedError('forbidden', { target: `agent ${agentId}` });
          request.audit.decision = 'granted';
          const { statusCode, body } = await mesosAgents.get(agent, `/${encodeURIComponent(pid)}/state`, reply);
          try {
            if (statusCode !== 200)
              throw new Error(`expected 200 from the state of a Mesos agent, found ${statusCode}`);
            const state = await parseLargeJson(await wholeBody(body, MAX_STATE_BYTES), EXECUTOR_DEPTH);
            const told = readableAgentState(state, (executor) => access.readableTasks(executor));
            return sendJson(reply, told);
          } catch (error) {
            throw new CodedError('mesos-agent-unreachable', { agent: agentId }, { cause: error });
          }
        },
      );
    }
  }
}
