import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import type { ClusterIndex } from '../mesos/cluster-index.ts';
import type { Policy } from '../policy/policy.ts';
import { agentFiles } from './agent-files.ts';
import { agentState } from './agent-state.ts';
import type { MarathonLeader } from './marathon-leader.ts';
import type { MesosAgents } from './mesos-agents.ts';
import { mesosDns } from './mesos-dns.ts';
import { mesosStateRoutes } from './mesos-state-routes.ts';
import { type OperatorApiOptions, operatorApi } from './operator-api.ts';
import type { AdminRouterRoute } from './options.ts';
import { uiConfig } from './ui-config.ts';

/** What these routes need beside the index and the policy. */
export interface AdminRouter {
  /** Those that are not served. */
  readonly without: ReadonlySet<AdminRouterRoute>;
  /** Closed with the server, as the two below. */
  readonly masters: OperatorApiOptions['masters'];
  readonly mesosAgents: MesosAgents;
  /** Who leads the Marathons; undefined without `--marathon`. */
  readonly marathon: Pick<MarathonLeader, 'leadership' | 'close'> | undefined;
  /** The id that the node agents of masters answer to, where no Mesos agent runs beside them. */
  readonly masterAgentId: string;
  /** What DC/OS' UI is told: `journald`, or anything else for sandbox files. */
  readonly loggingStrategy: string;
}

interface AdminRouterOptions {
  router: AdminRouter;
  index: ClusterIndex;
  policy: Policy;
}

/** What DC/OS' clients ask of Admin Router on their way to a log: each route decided by the policy, and each can be left out. */
export const adminRouter = fastifyPlugin<AdminRouterOptions>(
  async (app: FastifyInstance, { router, index, policy }) => {
    const { without, masters, mesosAgents, loggingStrategy } = router;
    const serve = async (route: AdminRouterRoute, register: () => PromiseLike<unknown>): Promise<void> => {
      if (!without.has(route)) await register();
    };
    app.addHook('onClose', async () => {
      await router.marathon?.close();
      await mesosAgents.close();
      await masters.dispatcher.destroy();
    });
    await serve('mesos-state', () => app.register(mesosStateRoutes, { index, policy }));
    await serve('mesos-api', () => app.register(operatorApi, { index, policy, masters }));
    await serve('agent-files', () => app.register(agentFiles, { index, policy, mesosAgents }));
    await serve('agent-state', () => app.register(agentState, { index, policy, mesosAgents }));
    await serve('mesos-dns', () => app.register(mesosDns, { index }));
    await serve('ui-config', () => app.register(uiConfig, { loggingStrategy }));
  },
  { name: 'admin-router', fastify: '5.x', dependencies: ['authenticate', 'authorize'] },
);
