import { describe, expect, it } from 'vitest';
import type { EntrySource } from '../../src/cluster/entry-source.ts';
import { createEntryWriter, type EntryWriter } from '../../src/cluster/entry-writer.ts';
import { OutputSlab } from '../../src/cluster/output-slab.ts';

const source: EntrySource = {
  json: Buffer.from(',"source":{"agent":"S1","host":"node1","task":"app.1"},"cursor":"'),
  host: 'node1',
  task: 'app.1',
  exported: Buffer.from('CLUSTERLOG_AGENT=S1\nCLUSTERLOG_HOST=node1\n'),
};

interface Wanted {
  readonly payload: string | Buffer;
  readonly source?: EntrySource;
  readonly late?: boolean;
}

/** What is sent of an entry whose payload stands between others'. */
function sent(writer: EntryWriter, { payload, ...facts }: Wanted): Buffer {
  const bytes = Buffer.concat([Buffer.from('before '), Buffer.from(payload as Buffer), Buffer.from(' behind')]);
  const slab = new OutputSlab();
  const places = { bytes, payloadStart: 7, payloadEnd: bytes.length - 7 };
  writer.entry(places, { source, late: false, cursor: () => 'CURSOR', ...facts }, slab);
  return Buffer.from(writer.sendable(slab.written()));
}
const plain = { output: undefined, raw: false } as const;
const written = (writer: EntryWriter, entry: Wanted) => String(sent(writer, entry));

describe('text', () => {
  const payload = '2026-11-21T14:00:00.000001Z\x1flabel\x1f[12]: first\x0bsecond';

  it('is time, host and task, with further lines indented', () => {
    const text = written(createEntryWriter('text', plain), { payload });
    expect(text).toBe('2026-11-21T14:00:00.000001Z node1 app.1[12]: first\n    second\n');
  });

  it('names the identifier where no task is known', () => {
    const text = written(createEntryWriter('text', plain), { payload, source: { ...source, task: undefined } });
    expect(text).toContain(' node1 label[12]: ');
  });

  it('is the message alone with output=cat', () => {
    const cat = createEntryWriter('text', { output: 'cat', raw: false });
    expect(written(cat, { payload: 'time\x1flabel\x1fone\x0btwo' })).toBe('one\ntwo\n');
  });

  it('has no control characters, whatever an agent sends', () => {
    const forged = 'time\x1fid\x1f: a\x1b[2J\r-- end\x07\u009b';
    expect(written(createEntryWriter('text', plain), { payload: forged })).toBe('time node1 app.1: a?[2J?-- end??\n');
  });

  it('keeps the bytes of a message when it is raw', () => {
    const raw = createEntryWriter('text', { output: undefined, raw: true });
    const bytes = Buffer.concat([Buffer.from('time\x1flabel\x1f: '), Buffer.from([0xff, 0x1b, 0x0b])]);
    expect(sent(raw, { payload: bytes.toString('base64') }).toString('latin1')).toBe(
      'time node1 app.1: \xff\x1b\x0b\n',
    );
  });
});

describe('JSON', () => {
  const payload = '{"fields":{"MESSAGE":"m"},"realtime_timestamp":1}';

  it('is the agent’s object with the source and the cursor', () => {
    const line = written(createEntryWriter('ndjson', plain), { payload });
    expect(line.endsWith('\n')).toBe(true);
    expect(JSON.parse(line)).toEqual({
      cursor: 'CURSOR',
      source: { agent: 'S1', host: 'node1', task: 'app.1' },
      fields: { MESSAGE: 'm' },
      realtime_timestamp: 1,
    });
  });

  it('cannot be made to say another source or cursor by an agent', () => {
    const forged = '{"fields":{},"source":{"agent":"S9"},"cursor":"X","\\u0073ource":{}}';
    const { source: said, cursor } = JSON.parse(written(createEntryWriter('ndjson', plain), { payload: forged }));
    expect([said.agent, cursor]).toEqual(['S1', 'CURSOR']);
  });

  it('cannot be made to end a line of an event stream by an agent', () => {
    const forged = '{"fields":{}\rid: X\rdata: {}\r\r}';
    expect(written(createEntryWriter('sse', plain), { payload: forged })).not.toContain('\r');
  });

  it('is valid UTF-8 whatever an agent sends, and otherwise as it was sent', () => {
    const ndjson = createEntryWriter('ndjson', plain);
    expect(written(ndjson, { payload: '{"fields":{"MESSAGE":"grüß 🙂"}}' })).toContain('grüß 🙂');
    const broken = Buffer.concat([
      Buffer.from('{"fields":{"MESSAGE":"'),
      Buffer.from([0xc3, 0xff]),
      Buffer.from('"}}'),
    ]);
    const line = sent(ndjson, { payload: broken });
    expect(line.toString('utf8')).toContain('"MESSAGE":"\ufffd\ufffd"}');
    expect(Buffer.from(line.toString('utf8'))).toEqual(line);
  });

  it('marks what is late', () => {
    expect(JSON.parse(written(createEntryWriter('ndjson', plain), { payload, late: true }))).toMatchObject({
      late: true,
    });
  });

  it('is an event with the cursor as its id', () => {
    expect(written(createEntryWriter('sse', plain), { payload })).toMatch(
      /^id: CURSOR\ndata: \{"fields".*"cursor":"CURSOR"\}\n\n$/,
    );
  });
});

describe('the export format', () => {
  it('has the source in fields of its own, before the empty line that ends the entry', () => {
    const payload = Buffer.from('__CURSOR=x\nMESSAGE=m\n\n').toString('base64');
    expect(written(createEntryWriter('export', plain), { payload })).toBe(
      '__CURSOR=x\nMESSAGE=m\nCLUSTERLOG_AGENT=S1\nCLUSTERLOG_HOST=node1\nCLUSTERLOG_CURSOR=CURSOR\n\n',
    );
  });
});
