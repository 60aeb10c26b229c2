import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chapter } from './chapter.ts';
import { discoverPoints } from './points/v2-discover.ts';
import { type BegunReading, filePoints } from './points/v2-file.ts';
import { asEvents, type SetUp, type SetUpName } from './set-ups.ts';
import { discoveredBy, fiveLines, runOf } from './task-paths.ts';
import type { World } from './world.ts';

const readings = new Map<SetUpName, BegunReading>();

function begun({ name }: SetUp): BegunReading {
  const reading = readings.get(name);
  if (reading === undefined) throw new Error(`nothing was begun for ${name}`);
  return reading;
}

async function begin(setUp: SetUp, world: World): Promise<void> {
  writeFileSync(join(world.sandbox(world.task), 'stdout'), fiveLines);
  writeFileSync(join(world.sandbox(world.task), 'stderr'), '');
  const quiet = world.cluster.launch(world.node, `quiet.${setUp.name}`);
  writeFileSync(join(world.sandbox(quiet), 'stdout'), 'said once\n');
  await discoveredBy(setUp, quiet);
  const idle = await setUp.open(`${runOf(quiet)}/stdout?cursor=END`, asEvents);
  const { mesosAgent } = world.node;
  mesosAgent.downloadPause = 5_500;
  const slowDownload = await setUp.open(`${runOf(world.task)}/stdout/download`);
  await slowDownload.until(({ body }) => body.length > 0, 'the first half');
  mesosAgent.downloadPause = 0;
  readings.set(setUp.name, { idle, slowDownload });
}

chapter('API v2, tasks', { begin }, (point) => {
  discoverPoints(point);
  filePoints(point, begun);
});
