/**
 * A cluster under random faults: agents, gateways, masters and journald killed, frozen, cut off and starved, clocks set,
 * disks full, while lines are written and followed. Ends well when every follower has received every line of its scope
 * exactly once, and everything that was wrong was told.
 *
 *     npm run chaos [-- --minutes N --rate N --followers N --seed N --well-within SECONDS --only FAULT …]
 */
import { parseArgs } from 'node:util';
import { faultKinds, runChaos } from './chaos-run.ts';
import { takePrecedence } from './observer.ts';
import { describeReport } from './report.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    rate: { type: 'string', default: '500' },
    followers: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    'well-within': { type: 'string', default: '15' },
    only: { type: 'string', multiple: true },
    source: { type: 'boolean', default: false },
  },
});
const unknown = values.only?.find((name) => !(name in faultKinds));
if (unknown !== undefined) {
  process.stderr.write(`expected faults out of ${Object.keys(faultKinds).join(', ')}, found ${unknown}\n`);
  process.exit(2);
}

takePrecedence();
const say = (line: string) => process.stdout.write(`${line}\n`);
const { minutes, rate, followers, seed, only, source } = values;
say(`chaos: ${minutes} min, ${rate} lines a second, ${followers} followers, seed ${seed}`);
const report = await runChaos({
  seed: Number(seed),
  seconds: Number(minutes) * 60,
  rate: Number(rate),
  followers: Number(followers),
  wellWithin: Number(values['well-within']),
  run: source ? 'source' : 'dist',
  say,
  ...(only === undefined ? {} : { only }),
});
say(`\n${describeReport(report)}`);
process.exitCode = report.faults.length === 0 ? 0 : 1;
