import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chapter } from './chapter.ts';
import { discoverPoints } from './points/v2-discover.ts';
import { filePoints } from './points/v2-file.ts';
import type { RawExchange } from './raw-exchange.ts';
import { asEvents, type SetUp, type SetUpName } from './set-ups.ts';
import { discoveredBy, fiveLines, runOf } from './task-paths.ts';
import type { World } from './world.ts';

const idle = new Map<SetUpName, RawExchange>();

function idleStream({ name }: SetUp): RawExchange {
  const stream = idle.get(name);
  if (stream === undefined) throw new Error(`no idle stream was opened for ${name}`);
  return stream;
}

async function begin(setUp: SetUp, world: World): Promise<void> {
  writeFileSync(join(world.sandbox(world.task), 'stdout'), fiveLines);
  writeFileSync(join(world.sandbox(world.task), 'stderr'), '');
  const quiet = world.cluster.launch(world.node, `quiet.${setUp.name}`);
  writeFileSync(join(world.sandbox(quiet), 'stdout'), 'said once\n');
  await discoveredBy(setUp, quiet);
  idle.set(setUp.name, await setUp.open(`${runOf(quiet)}/stdout?cursor=END`, asEvents));
}

chapter('API v2, tasks', { begin }, (point) => {
  discoverPoints(point);
  filePoints(point, idleStream);
});
