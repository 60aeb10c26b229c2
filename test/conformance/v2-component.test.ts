import { expect } from 'vitest';
import { chapter } from './chapter.ts';
import { eventMessages, eventsOf, jsonEntries, textMessages } from './reading.ts';
import { asEvents, asJson } from './set-ups.ts';
import type { World } from './world.ts';

const unit = 'dcos-foo.service';
const ofUnit = ['foo 1', 'Started foo.', 'foo 2', 'foo 3'];

/** Lines of two units, and of systemd about one of them. */
async function writeUnits({ node }: World): Promise<void> {
  const { journal } = node;
  journal.service(unit, 'foo', 'foo 1');
  journal.systemd(unit, 'Started foo.');
  journal.service('dcos-bar.service', 'bar', 'bar 1');
  journal.service(unit, 'foo', 'foo 2', 'syslog');
  journal.service(unit, 'foo', 'foo 3');
  journal.service('dcos-bar.service', 'bar', 'bar 2');
}

/** What the points of following write: other set-ups' lines are not in this one's streams. */
const followed = (name: string) => `dcos-${name}.service`;

let written: Promise<void> | undefined;

chapter(
  'API v2, components',
  {
    journal: 'written',
    begin: async (_setUp, world) => {
      written ??= writeUnits(world);
      await written;
    },
  },
  (point) => {
    point(48, 'text, at most limit entries', async (setUp) => {
      const answer = await setUp.ask('/v2/component?limit=10');
      expect([answer.status, answer.header('content-type')]).toEqual([200, 'text/plain']);
      expect(textMessages(answer)).toHaveLength(10);
      for (const name of ['x-journal-skip-next', 'x-journal-skip-prev']) expect(answer.header(name)).toBeUndefined();
    });

    point(49, 'skip=-10 is the last ten, by agent and on the own node', async (setUp) => {
      for (const logs of [setUp.logs, '/system/v1/logs']) {
        const all = textMessages(await setUp.askAt(`${logs}/v2/component`));
        const last = textMessages(await setUp.askAt(`${logs}/v2/component?skip=-10&limit=10`));
        expect(last).toEqual(all.slice(-10));
        expect(last).toHaveLength(10);
      }
    });

    point(50, 'events have an id and data each, and limit counts them', async (setUp) => {
      const stream = await setUp.open('/v2/component?limit=1', asEvents);
      await stream.until(() => eventsOf(stream).length === 1);
      expect(stream.text).toMatch(/^id: s=.*;x=[0-9a-f]+\ndata: \{"fields":.*\}\n\n$/);
      stream.close();
    });

    point(51, 'skip=-1 as events is the last entry, and then what comes', async (setUp, { node }) => {
      const name = followed(setUp.name);
      node.journal.service(name, 'followed', 'old');
      node.journal.service(name, 'followed', 'last');
      const stream = await setUp.open(`/v2/component/${name}?skip=-1`, asEvents);
      await stream.until(() => eventsOf(stream).length === 1);
      node.journal.service(name, 'followed', 'new');
      await stream.until(() => eventsOf(stream).length === 2);
      expect(eventMessages(stream)).toEqual(['last', 'new']);
      stream.close();
    });

    point(52, 'END is the last entry, BEG the first, and skip counts from either', async (setUp) => {
      const messages = async (query: string) => textMessages(await setUp.ask(`/v2/component/${unit}?${query}`));
      expect(await messages('cursor=END')).toEqual(['foo 3']);
      expect(await messages('cursor=BEG')).toEqual(ofUnit);
      expect(await messages('cursor=END&skip=-3')).toEqual(ofUnit.slice(-3));
      expect(await messages('cursor=BEG&skip=2')).toEqual(ofUnit.slice(1));
    });

    point(53, 'a unit’s log is its own and systemd’s of it; a filter narrows it', async (setUp) => {
      const messages = async (path: string) => textMessages(await setUp.ask(`/v2/component/${path}`));
      expect(await messages(unit)).toEqual(ofUnit);
      expect(await messages(`${unit}?filter=_TRANSPORT:syslog`)).toEqual(['foo 2']);
      expect((await setUp.ask(`/v2/component/${unit}?filter=_SYSTEMD_UNIT:dcos-bar.service`)).status).toBe(204);
      expect((await setUp.ask('/v2/component/dcos-foo')).status).toBe(204);
    });

    point(54, 'a parameter that is none is 400 in dcos-log’s words', async (setUp) => {
      for (const [query, words] of [
        ['skip=x', 'unable to parse skip parameter: strconv.Atoi: parsing "x": invalid syntax'],
        ['limit=x', 'unable to parse limit parameter: strconv.ParseUint: parsing "x": invalid syntax'],
        ['limit=-1', 'unable to parse limit parameter: strconv.ParseUint: parsing "-1": invalid syntax'],
        ['filter=x', 'incorrect filter parameter format, must be ?filer=key:value. Got x'],
        ['cursor=x', 'unable to open journald: Incorrect cursor string'],
      ]) {
        const answer = await setUp.ask(`/v2/component?${query}`);
        expect([answer.status, answer.header('content-type')]).toEqual([400, 'text/plain; charset=utf-8']);
        expect(answer.text.startsWith(words ?? '')).toBe(true);
        expect(answer.text.endsWith('\n')).toBe(true);
      }
    });

    point(55, 'Last-Event-ID replaces the skip: nothing is repeated', async (setUp) => {
      const [, second] = jsonEntries(await setUp.ask(`/v2/component/${unit}`, asJson));
      const headers = ['Accept: text/event-stream', `Last-Event-ID: ${second?.cursor}`];
      const stream = await setUp.open(`/v2/component/${unit}?skip=-10`, { headers });
      await stream.until(() => eventsOf(stream).length >= 2);
      expect(eventMessages(stream)).toEqual(ofUnit.slice(2));
      stream.close();
    });
  },
);
