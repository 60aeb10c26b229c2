import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { DevCluster } from './cluster.ts';
import { explain, paint, printExamples, printHeading, printStep } from './demo-output.ts';
import { npmAncestors } from './npm-ancestors.ts';

/**
 * `npm run demo`: a whole cluster on loopback, to try the log viewer, and the API with curl, until Ctrl-C.
 *
 * `--ready-file FILE` writes a description for scripts once everything answers. `--source` runs the services from source,
 * without a build.
 */
async function demo(): Promise<void> {
  const { readyFile, source } = parseArguments();
  const began = performance.now();
  let stop = async () => {};
  const stopped = stopOnSignal(() => stop());
  printHeading('Clusterlog demo: a cluster of three nodes on this machine');
  const { cluster, started } = DevCluster.begin({
    run: source ? 'source' : 'dist',
    ports: { gateway: 8080, master: 5050, firstAgent: 61_001 },
    workload: true,
    step: printStep,
  });
  stop = () => cluster.stop();
  await Promise.race([started, stopped]);
  if (readyFile !== undefined) writeFileSync(readyFile, `${JSON.stringify(cluster.describe(), null, 2)}\n`);
  printHeading(
    `Ready after ${((performance.now() - began) / 1000).toFixed(1)} s. Token of the user "demo", good for 12 hours:`,
  );
  process.stdout.write(`  ${cluster.token}\n`);
  printHeading('The log viewer: open this page in a browser, and paste the token.');
  process.stdout.write(`  ${cluster.gateway.url}/logs/\n`);
  printHeading('Each of these lines works as it is:');
  printExamples(examples(cluster));
  process.stdout.write(`\n${paint('bold', 'Ctrl-C')} stops the cluster and removes ${cluster.directory}\n\n`);
}

function parseArguments(): { readyFile: string | undefined; source: boolean } {
  const options = { 'ready-file': { type: 'string' }, source: { type: 'boolean', default: false } } as const;
  const { values } = parseArgs({ options });
  return { readyFile: values['ready-file'], source: values.source };
}

function examples({ gateway, authorizationFile, nodes, mesos }: DevCluster) {
  const curl = (flags: string, path: string) =>
    `curl ${flags}-H @${authorizationFile} '${gateway.url}/system/v1${path}'`;
  // One that runs elsewhere than the gateway, in a container of a pod.
  const task = encodeURIComponent(mesos.tasks.find(({ agentId }) => agentId === nodes[1]?.agentId)?.id ?? '');
  const node = nodes[2]?.agentId;
  return [
    { what: 'the last lines of the gateway’s own node', command: curl('', '/logs/v1/range/?skip_prev=10') },
    { what: 'as JSON', command: curl(`-H 'Accept: application/json' `, '/logs/v1/range/?skip_prev=3') },
    { what: 'live', command: curl('-N ', '/logs/v1/stream/?skip_prev=10') },
    { what: 'one task, wherever it runs', command: curl('', `/logs/v1/range/task/${task}?skip_prev=10`) },
    { what: 'that task, live', command: curl('-N ', `/logs/v1/stream/task/${task}?skip_prev=5`) },
    { what: 'all nodes as one log, live', command: curl('-N ', '/logs/v3/follow') },
    {
      what: 'one service, all its instances, the last hour',
      command: curl('', '/logs/v3/entries?service=/web/frontend&since=-1h&limit=10'),
    },
    { what: 'another node', command: curl('', `/agent/${node}/logs/v1/range/?skip_prev=10`) },
  ];
}

const PARENT_CHECK_MS = 500;

/** Stops the cluster and ends the process at Ctrl-C, at SIGTERM, and when `npm`, which started it, is gone. */
function stopOnSignal(stopCluster: () => Promise<void>): Promise<never> {
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    process.stdout.write('\nStopping …');
    await stopCluster();
    process.stdout.write(' done\n');
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  if (process.env.npm_lifecycle_event === 'demo') {
    const ancestors = npmAncestors().join();
    setInterval(() => npmAncestors().join() !== ancestors && stop(), PARENT_CHECK_MS).unref();
  }
  return new Promise(() => {});
}

await demo().catch((error: Error) => {
  process.stderr.write(`\n${explain(error)}\n`);
  process.exit(1);
});
