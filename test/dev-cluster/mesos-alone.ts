import { parseArgs } from 'node:util';
import { MesosMaster } from './mesos-master.ts';
import { SimulatedMesos } from './simulated-mesos.ts';

/**
 * A simulated Mesos master by itself, for docker-compose: agents whose node agents run elsewhere, and on each a task.
 *
 * `--cluster-id ID` is the id of the master, so that agent ids are known beforehand: `ID-S0`, `ID-S1`, and so on, in the order
 * of `--agent HOST` (repeatable). Container ids are those of the tasks: whoever writes their lines knows both.
 */
const { values } = parseArgs({
  options: {
    listen: { type: 'string', default: '0.0.0.0' },
    port: { type: 'string', default: '5050' },
    'cluster-id': { type: 'string', default: 'demo' },
    agent: { type: 'string', multiple: true, default: [] },
  },
});

const mesos = new SimulatedMesos(values['cluster-id']);
const framework = mesos.addFramework('marathon');
for (const host of values.agent) {
  const agent = mesos.addAgent({ hostname: host, host, port: 5051 });
  const id = `hello.${host}`;
  mesos.launch({ id, frameworkId: framework.id, agentId: agent.id, container: { value: `container-${host}` } });
}
const master = new MesosMaster({ mesos });
await master.start(Number(values.port), values.listen);
process.stdout.write(`a simulated Mesos master answers on ${values.listen}:${values.port}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void master.kill());
