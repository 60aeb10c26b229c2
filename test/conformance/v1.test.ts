import { chapter } from './chapter.ts';
import { positionPoints } from './points/v1-position.ts';
import { rangePoints } from './points/v1-range.ts';
import { streamPoints } from './points/v1-stream.ts';
import type { RawExchange } from './raw-exchange.ts';
import { asEvents, type SetUp, type SetUpName } from './set-ups.ts';

const idle = new Map<SetUpName, RawExchange>();

async function openIdleStream(setUp: SetUp): Promise<void> {
  idle.set(setUp.name, await setUp.open(`/v1/stream/?filter=TAG:late-${setUp.name}`, asEvents));
}

function idleStream({ name }: SetUp): RawExchange {
  const stream = idle.get(name);
  if (stream === undefined) throw new Error(`no idle stream was opened for ${name}`);
  return stream;
}

chapter('API v1', { begin: openIdleStream }, (point) => {
  rangePoints(point);
  positionPoints(point);
  streamPoints(point, idleStream);
});
