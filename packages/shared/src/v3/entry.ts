import { Type } from 'typebox';
import { eachOf, inMediaTypes } from '../answers.ts';
import { mediaTypes } from '../media-types.ts';
import { V3Event } from './events.ts';
import { v3MediaTypes } from './formats.ts';

const Value = Type.Union([Type.String(), Type.Object({ base64: Type.String() })], {
  description: 'Text, or base64 where it is no UTF-8.',
});

/** Where an entry comes from. On an agent: what its journal says. */
const Source = Type.Object({
  agent: Type.String({ description: 'Id of the Mesos agent.' }),
  host: Type.String(),
  task: Type.Optional(Type.String({ description: 'Id of the task, where Mesos knows it. Not on an agent.' })),
  service: Type.Optional(Type.String({ description: 'Path of the Marathon app or pod. Not on an agent.' })),
  framework: Type.Optional(Type.String({ description: 'On an agent.' })),
  executor: Type.Optional(Type.String({ description: 'On an agent.' })),
  container: Type.Optional(Type.String()),
  stream: Type.Optional(Type.String()),
});

/** An entry of API v3's JSON. */
export const V3Entry = Type.Object(
  {
    cursor: Type.String({ description: 'To go on after this entry; another one each time the entry is sent.' }),
    source: Source,
    late: Type.Optional(
      Type.Literal(true, { description: 'It came too late for its place in the order of all nodes.' }),
    ),
    fields: Type.Record(Type.String(), Type.Union([Value, Type.Array(Value)]), {
      description: 'The journal’s own; an array where one occurs more than once.',
    }),
    realtime_timestamp: Type.Integer({ description: 'µs since 1970.' }),
    monotonic_timestamp: Type.Integer({ description: 'µs since the boot.' }),
    boot_id: Type.String(),
    seqnum: Type.Integer({
      description: 'With source.agent, boot_id and monotonic_timestamp it names the entry for ever.',
    }),
  },
  { description: 'An entry.' },
);

const item = Type.Union([V3Entry, V3Event], { description: 'An entry, or an object with event.' });

/** Entries, in the formats of API v3 that callers may ask for. */
export const V3Entries = inMediaTypes('Entries, in the format that was negotiated.', {
  'text/plain': Type.String({ description: 'RFC 3339 time, host, task or identifier[pid]: message.' }),
  [v3MediaTypes.ndjson]: eachOf('lines', item),
  [mediaTypes.eventStream]: eachOf('events', item),
  [mediaTypes.journalExport]: Type.String({ format: 'binary', description: 'systemd’s export format.' }),
});
