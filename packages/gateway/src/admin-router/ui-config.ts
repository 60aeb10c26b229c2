import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';

const UiConfig = Type.Object(
  {
    uiConfiguration: Type.Object({
      plugins: Type.Object({
        mesos: Type.Object({ enabled: Type.Boolean(), 'logging-strategy': Type.String() }),
      }),
    }),
    clusterConfiguration: Type.Object({}),
  },
  { description: 'What DC/OS’ UI and Python CLI read of it: where logs of tasks are.' },
);

const schema = {
  params: Type.Object({}),
  querystring: Type.Object({}, { additionalProperties: true }),
  headers: Type.Object({}, { additionalProperties: true }),
  response: { 200: UiConfig },
};

/** `/dcos-metadata/ui-config.json`, without a token as in Admin Router: DC/OS' UI loads it before anybody has logged in. */
export async function uiConfig(
  app: FastifyInstance,
  { loggingStrategy }: { readonly loggingStrategy: string },
): Promise<void> {
  app.get(
    '/dcos-metadata/ui-config.json',
    { schema, config: { face: 'admin-router', public: true } },
    async (_request, reply) => {
      reply.header('cache-control', 'no-store');
      return {
        uiConfiguration: { plugins: { mesos: { enabled: true, 'logging-strategy': loggingStrategy } } },
        clusterConfiguration: {},
      };
    },
  );
}
