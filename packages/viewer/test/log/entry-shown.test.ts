import { describe, expect, it } from 'vitest';
import type { Entry } from '../../src/api/entry.ts';
import { changesAt } from '../../src/log/changes.ts';
import { eventText } from '../../src/log/event-text.ts';
import { presentationOf } from '../../src/log/presentation.ts';
import { entryRow, eventRow } from '../../src/log/row.ts';
import { sourceHue, sourceName } from '../../src/log/source-name.ts';
import { agoText, fullTime, timeText } from '../../src/log/time-text.ts';

const noon = Date.UTC(2026, 10, 21, 12, 0, 0) * 1_000;

function entry(more: Partial<Entry> = {}): Entry {
  return {
    cursor: 'c',
    source: { agent: 'S1', host: 'node-1' },
    fields: { MESSAGE: 'hello' },
    realtime_timestamp: noon,
    monotonic_timestamp: 1,
    boot_id: 'b1',
    seqnum: 1,
    ...more,
  };
}
const present = (fields: Entry['fields']) => presentationOf(entryRow(entry({ fields }), 100));

describe('an entry as it is shown', () => {
  it('is as grave as its PRIORITY, else as its message says', () => {
    expect(present({ MESSAGE: 'ERROR it broke', PRIORITY: '6' }).severity).toEqual({ level: 6, guessed: false });
    expect(present({ MESSAGE: '2026-11-21 12:00:00 [main] ERROR it broke' }).severity?.level).toBe(3);
    expect(present({ MESSAGE: '{"level":"warning","msg":"x"}' }).severity?.level).toBe(4);
    expect(present({ MESSAGE: '{"level":"constructor","msg":"x"}' }).severity).toBeUndefined();
    expect(present({ MESSAGE: 'no errors, no warnings' }).severity).toBeUndefined();
  });

  it('says that a message is not UTF-8, and shows what can be read of it', () => {
    const { binary, message } = present({ MESSAGE: { base64: 'YWL/Yw==' } });
    expect(binary).toBe(true);
    expect(message).toBe('ab\ufffdc');
  });

  it('keeps only the beginning of a long field in memory, and how long it was', () => {
    const row = entryRow(entry({ fields: { MESSAGE: 'x'.repeat(1_000_000), A: 'b' } }), 1_000_100);
    expect(row.cut).toEqual({ MESSAGE: 1_000_000 });
    expect(row.size).toBeLessThan(20_000);
    expect(row.entry.fields.A).toBe('b');
    expect(presentationOf(row).length).toBe(1_000_000);
  });

  it('is known by the same key however its cursor was written, and by another than its neighbours', () => {
    const key = (more: Partial<Entry>) => entryRow(entry(more), 1).key;
    expect(key({ cursor: 'other' })).toBe(key({}));
    const others = [
      { seqnum: 2 },
      { boot_id: 'b2' },
      { monotonic_timestamp: 2 },
      { source: { agent: 'S2', host: 'h' } },
    ];
    expect(new Set([key({}), ...others.map(key)]).size).toBe(5);
  });
});

describe('a source', () => {
  it('has a short name that tells instances apart', () => {
    const name = (task: string, service?: string) =>
      sourceName({ agent: 'S1', host: 'node-1', task, ...(service === undefined ? {} : { service }) });
    const uuid = '3fa285f6-0000-4000-8000-000000000000';
    expect(name(`web_frontend.instance-${uuid}._app.1`, '/web/frontend')).toBe('frontend·3fa2');
    expect(name(`web_frontend.instance-${uuid}._app.3`, '/web/frontend')).toBe('frontend·3fa2.3');
    expect(name(`shop_cart.instance-${uuid}.sync`, '/shop/cart')).toBe('cart·3fa2 sync');
    expect(name(`sleep.${uuid}`)).toBe('sleep·3fa2');
    expect(name('anything else')).toBe('anything else');
    expect(sourceName({ agent: 'S1', host: 'node-1' })).toBe('node-1');
  });

  it('has a hue of its own that never changes', () => {
    expect(sourceHue('node-1')).toBe(sourceHue('node-1'));
    expect(new Set(Array.from({ length: 20 }, (_, at) => sourceHue(`task ${at}`))).size).toBeGreaterThan(15);
  });
});

describe('a time', () => {
  it('is told as time of day, whole, and as how long ago', () => {
    const time = noon + 1_234_567;
    expect(timeText(time, 'utc', 0)).toBe('12:00:01.234');
    expect(fullTime(time, 'utc')).toBe('2026-11-21T12:00:01.234567Z');
    expect(fullTime(1e300, 'local')).toMatch(/^\+?\d+-/);
    expect(timeText(time, 'relative', time / 1_000 + 95_000)).toBe('1m 35s ago');
    expect([500, 59_000, 3_600_000, 90_061_000, -5_000].map(agoText)).toEqual([
      'now',
      '59s ago',
      '1h ago',
      '1d 1h ago',
      'in 5s',
    ]);
  });
});

describe('rows between entries', () => {
  const at = (more: Partial<Entry>) => entryRow(entry(more), 1);

  it('tell of another day, and of a node that was booted, by the entries before', () => {
    const day = 86_400_000_000;
    const rows = [
      at({}),
      at({ source: { agent: 'S2', host: 'node-2' }, boot_id: 'x' }),
      at({ realtime_timestamp: noon + day, boot_id: 'b2' }),
      at({ realtime_timestamp: noon + day, boot_id: 'b2' }),
    ];
    expect(rows.map((_, index) => changesAt(rows, index, 'utc'))).toEqual([
      {},
      {},
      { day: '2026-11-22', boot: { host: 'node-1', id: 'b2' } },
      {},
    ]);
  });

  it('tell of gaps and of what became of tasks and nodes in sentences', () => {
    const say = (event: Parameters<typeof eventRow>[0]) => {
      const { tone, text } = eventText(eventRow(event), (agent) => (agent === 'S1' ? 'node-1' : undefined), 'utc');
      return `${tone}: ${text}`;
    };
    expect(say({ event: 'gap', agent: 'S1', reason: 'node-lost', from: noon, possible: true })).toBe(
      'warning: Entries may be missing of node-1 since 2026-11-21T12:00:00.000000Z: the node cannot be reached; its entries come when it is back',
    );
    expect(say({ event: 'gap', reason: 'something-new' })).toBe('warning: Entries are missing: something new');
    expect(say({ event: 'lifecycle', agent: 'S1', state: 'returned' })).toBe('calm: node-1 is back');
    expect(say({ event: 'lifecycle', agent: 'S1', task: 'app.1', state: 'TASK_FAILED' })).toBe(
      'error: app.1 has failed on node-1',
    );
  });
});
