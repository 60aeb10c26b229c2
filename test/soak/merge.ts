/**
 * The merged follow in random worlds, over sockets, for as long as one likes: nodes whose clocks are wrong, that fall silent
 * or join late, gateways exchanged, the client cut off anywhere. Ends with the seed of the first world that lost, repeated
 * or misplaced an entry.
 *
 *     npm run soak merge [-- --minutes N --seed N]
 */
import { parseArgs } from 'node:util';
import { faultsOf, MergeCluster, mergeWorlds } from './merge-worlds.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string', default: String(Date.now()) } },
});
/** Nodes that have joined stay: a cluster is given up before they are too many. */
const worldsOfOneCluster = 20;

const until = performance.now() + Number(values.minutes) * 60_000;
let seed = Number(values.seed) >>> 0;
let worlds = 0;
let entries = 0;
let late = 0;
while (performance.now() < until) {
  await using cluster = await MergeCluster.start();
  for (let i = 0; i < worldsOfOneCluster && performance.now() < until; i++, seed = (seed + 1) >>> 0) {
    for (const [name, world] of Object.entries(mergeWorlds)) {
      const followed = await cluster.follow(world, seed);
      const faults = faultsOf(followed);
      if (faults.length > 0) throw new Error(`a cluster ${name}, seed ${seed}:\n${faults.slice(0, 20).join('\n')}`);
      worlds++;
      entries += followed.received.length;
      late += followed.received.filter((entry) => entry.late === true).length;
    }
    const share = ((100 * late) / entries).toFixed(1);
    process.stdout.write(
      `${worlds} worlds, ${entries.toLocaleString('en')} entries, each once; ${share} % late, the others in order\n`,
    );
  }
}
