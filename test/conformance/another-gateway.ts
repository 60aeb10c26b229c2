import { join } from 'node:path';
import { choosePorts } from '../dev-cluster/ports.ts';
import { ServiceProcess } from '../dev-cluster/service-process.ts';
import { SetUp } from './set-ups.ts';
import { behindNginx, type World } from './world.ts';

/** One more gateway of the cluster, with flags of its own, seen as `setUp` sees the first: directly, or through nginx. */
export async function anotherGateway(
  world: World,
  { name, logs }: SetUp,
  flags: { readonly auth: readonly string[]; readonly master: string; readonly token: string },
): Promise<SetUp> {
  const { cluster, node } = world;
  const [port = 0] = await choosePorts([0]);
  const gateway = new ServiceProcess({
    package: 'gateway',
    name: 'another gateway',
    run: 'source',
    url: `http://127.0.0.1:${port}`,
    logFile: join(cluster.directory, `gateway-${port}.log`),
    directory: cluster.directory,
    arguments: [
      ...['--listen', `127.0.0.1:${port}`, '--metrics-listen', 'off', '--mesos-master', flags.master, ...flags.auth],
      ...['--agent-url', `${node.agentId}=${node.agent.url}`],
      ...['--signing-key-file', join(cluster.directory, 'signing-key.json')],
    ],
  });
  await gateway.start('/health/live');
  world.atEnd(() => gateway.stop());
  const { token } = flags;
  if (name === 'nginx') return await behindNginx(gateway.url, (end) => world.atEnd(end), { logs, token });
  return new SetUp({ name, origin: gateway.url, logs, token });
}
