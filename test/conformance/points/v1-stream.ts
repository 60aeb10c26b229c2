import { expect } from 'vitest';
import type { Point } from '../chapter.ts';
import type { RawExchange } from '../raw-exchange.ts';
import { entryOf, eventMessages, eventsOf } from '../reading.ts';
import { asEvents, type SetUp } from '../set-ups.ts';
import { allLines } from '../world.ts';

/**
 * What streams send, when, and for how long.
 *
 * @param idleStream a stream for which nothing is written before the test says so, opened before the first point
 */
export function streamPoints(point: Point, idleStream: (setUp: SetUp) => RawExchange): void {
  point(23, 'a stream has the cursor as id before each data, and keeps proxies from buffering', async (setUp) => {
    for (const logs of [setUp.logs, '/system/v1/logs']) {
      const stream = await setUp.openAt(`${logs}/v1/stream/?skip_prev=1`, asEvents);
      await stream.until(() => eventsOf(stream).length === 1);
      expect(stream.text).toMatch(
        /^id: s=[0-9a-f]{32};i=[0-9a-f]+;b=[0-9a-f]{32};m=[0-9a-f]+;t=[0-9a-f]+;x=[0-9a-f]+\ndata: \{.*\}\n\n$/,
      );
      // Admin Router keeps it back on the routes by agent id.
      expect(stream.header('x-accel-buffering')).toBe(logs === '/system/v1/logs' ? 'no' : undefined);
      stream.close();
    }
  });

  point(37, 'a stream refuses limit and read_reverse, but takes limit=0', async (setUp) => {
    for (const query of ['limit=5', 'read_reverse=true', 'read_reverse=false', 'read_reverse=x']) {
      expect([query, (await setUp.ask(`/v1/stream/?${query}`, asEvents)).status]).toEqual([query, 400]);
    }
    const stream = await setUp.open('/v1/stream/?limit=0&skip_prev=1', asEvents);
    expect(stream.status).toBe(200);
    stream.close();
  });

  point(42, 'Last-Event-ID goes on after its entry and replaces the skips', async (setUp, world) => {
    const headers = [...(asEvents.headers ?? []), `Last-Event-ID: ${world.rawCursor('m5')}`];
    const stream = await setUp.open(`/v1/stream${world.container}?skip_prev=1`, { headers });
    await stream.until(() => eventsOf(stream).length >= 8);
    expect(eventMessages(stream)).toEqual(allLines.slice(5));
    stream.close();
  });

  point(43, 'an idle stream says something at least every 15 seconds', async (setUp) => {
    // The first comes at once, as dcos-log's does.
    const stream = idleStream(setUp);
    await stream.until(({ text }) => text.startsWith(': ping\n\n: ping\n\n'), 'a second ping');
    expect(stream.longestSilence).toBeLessThan(16.5);
  });

  point(44, 'a stream that nothing matches stays open, and delivers what comes later', async (setUp, world) => {
    const stream = idleStream(setUp);
    expect([stream.status, stream.end, eventsOf(stream)]).toEqual([200, undefined, []]);
    await world.write({ MESSAGE: 'late', TAG: `late-${setUp.name}` });
    await stream.until(() => eventsOf(stream).length > 0);
    expect(eventMessages(stream)).toEqual(['late']);
    stream.close();
  });

  point(47, 'a new entry is in a stream within two seconds', async (setUp, world) => {
    const stream = await setUp.open(`/v1/stream/?skip_prev=1&filter=TAG:new-${setUp.name}`, asEvents);
    for (const message of ['first', 'second']) {
      const written = performance.now();
      await world.write({ MESSAGE: message, TAG: `new-${setUp.name}` });
      await stream.until(() => eventMessages(stream).at(-1) === message);
      expect(performance.now() - written).toBeLessThan(2_000);
    }
    expect(eventsOf(stream).map((event) => entryOf(event).cursor)).toEqual(eventsOf(stream).map(({ id }) => id));
    stream.close();
  });
}
